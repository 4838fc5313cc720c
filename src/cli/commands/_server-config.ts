/** What the ssh config says of a server, for `warren server show`. */
import { originText, type ServerConfig } from '@shared/resolved-config'
import type { Context } from '../context'
import { printable, table } from '../table'

export function printServerConfig({ terminal }: Context, config: ServerConfig): void {
  const { fault, lines, unhonoured, execAsked } = config
  if (fault !== null) {
    terminal.err(`${printable(fault.message)}${fault.fix === null ? '' : ` ${printable(fault.fix)}`}\n`)
    return
  }
  terminal.out('\nfrom the ssh config:\n')
  const rows = lines.map(({ line, origin }) => [`  ${oneLine(line)}`, printable(originText(origin))])
  for (const line of table(rows)) terminal.out(`${line}\n`)
  for (const { command, file, line } of execAsked) {
    terminal.err(
      `${printable(`${file}:${line}`)}: Match exec was not run, nobody allowed it yet: ${oneLine(command)}\n`,
    )
  }
  if (unhonoured.length > 0) terminal.out('\nWarren does not act upon:\n')
  for (const { keyword, value, origin, support, reason } of unhonoured) {
    const loss = support === 'harmless' ? ' (no loss for a forward)' : ''
    terminal.out(`  ${printable(originText(origin))}: ${oneLine(`${keyword} ${value}`)}: ${reason}${loss}\n`)
  }
}

function oneLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, ' '))
}
