/** `warren import --ssh-config [PATH]` */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { plural } from '@shared/format'
import { originText } from '@shared/resolved-config'
import { forwardSentence } from '@shared/sentence'
import { listenEndpoint, targetEndpoint } from '@shared/endpoints'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { publicServer, serverLogin } from '../servers'
import { printable } from '../table'
import { usageError } from '../usage'

interface ImportOptions {
  readonly sshConfig?: string | true
}

export function defineImport(program: Command, host: Host): void {
  program
    .command('import')
    .description('save the hosts and forwards of an ssh config as your own')
    .option('--ssh-config [path]', 'an ssh config; without a path the usual ones')
    .action((options: ImportOptions) => host.run((context) => importConfig(context, options)))
}

// --- internal ---

async function importConfig(context: Context, { sshConfig }: ImportOptions): Promise<number> {
  const { terminal, cwd } = context
  if (sshConfig === undefined) throw usageError('Say what to import: --ssh-config [PATH].')
  if (sshConfig === '') throw usageError('--ssh-config needs a file, or none for the usual ones.')
  const client = await context.daemon()
  const file = sshConfig === true ? null : resolve(cwd, sshConfig)
  const { servers, forwards, skipped, unhonoured } = await client.call('config.import', { file })
  if (context.json) {
    context.document({ servers: servers.map(publicServer), forwards, skipped, unhonoured })
    return DONE
  }
  for (const server of servers) terminal.out(`Added the server ${printable(server.name)}: ${serverLogin(server)}\n`)
  for (const spec of forwards) {
    const server = servers.find(({ id }) => id === spec.serverId)?.name ?? ''
    const what = { type: spec.type, listen: listenEndpoint(spec), target: targetEndpoint(spec), server }
    terminal.out(`Added ${printable(spec.name)}: ${printable(forwardSentence(what))}\n`)
  }
  for (const { name, reason } of skipped) terminal.err(`Left out ${printable(name)}: ${printable(reason)}\n`)
  for (const { keyword, value, origin, support, reason } of unhonoured) {
    // What a system sets for everybody was nobody's wish here.
    if (support === 'harmless' || (origin.kind === 'file' && origin.file.startsWith('/etc/'))) continue
    const line = `${originText(origin)}: ${keyword} ${value.replace(/[\t\n]/g, ' ')}`
    terminal.err(`Not taken over: ${printable(line)}: ${reason}\n`)
  }
  if (servers.length === 0) terminal.err('Nothing was added.\n')
  else
    terminal.out(
      `${plural(servers.length, 'server')} and ${plural(forwards.length, 'forward')} added; none was started.\n`,
    )
  return DONE
}
