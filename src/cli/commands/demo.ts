/** `warren demo` */
import type { Command } from 'commander'
import { WarrenError } from '@shared/errors'
import { forwardSentence } from '@shared/sentence'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { quoteName } from '../quote'
import { serverLogin } from '../servers'
import { printable } from '../table'

export function defineDemo(program: Command, host: Host): void {
  program
    .command('demo')
    .description('run a demo SSH server on this machine, with three sample forwards, until Ctrl-C')
    .action(() => host.run(demo))
}

async function demo(context: Context): Promise<number> {
  const { terminal } = context
  const interrupted = context.interruptible()
  const client = await context.daemon()
  const { serverId, forwardIds } = await client.call('demo.start', {})
  const server = (await client.call('servers.list', {})).find(({ id }) => id === serverId)
  const views = (await client.call('forwards.list', {})).filter(({ spec }) => forwardIds.includes(spec.id))
  if (context.json) {
    context.document({ serverId, forwardIds })
  } else {
    if (server !== undefined)
      terminal.out(`The demo server ${printable(server.name)} listens at ${serverLogin(server)}\n`)
    for (const { snapshot } of views)
      terminal.out(`  ${printable(snapshot.name)}: ${printable(forwardSentence(snapshot))}\n`)
    const [first] = views
    if (first !== undefined)
      terminal.out(`Start one from another terminal: warren up ${quoteName(printable(first.spec.name))}\n`)
    terminal.err('Ctrl-C leaves; the demo stays saved until you remove it.\n')
  }
  const ended = await Promise.race([
    client.closed.then(() => true),
    new Promise<boolean>((resolve) => {
      interrupted.addEventListener('abort', () => resolve(false), { once: true })
    }),
  ])
  if (ended) throw new WarrenError('daemon.unreachable', 'The daemon ended.', { fix: null })
  return DONE
}
