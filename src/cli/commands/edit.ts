/** `warren edit NAME [--port N] [--target HOST:PORT] [--server NAME] [--tag T]… [--rename NEW]` */
import type { Command } from 'commander'
import { forwardSentence } from '@shared/sentence'
import type { ForwardPatch, ForwardSpec } from '@shared/specs'
import { checked } from '../checked'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findForward, findServer } from '../names'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'
import { collect, parseListenPort, usageError } from '../usage'

interface EditOptions {
  readonly port?: string
  readonly target?: string
  readonly server?: string
  readonly tag?: readonly string[]
  readonly rename?: string
  readonly autoStart?: boolean
}

export function defineEdit(program: Command, host: Host): void {
  program
    .command('edit')
    .description('change a forward; one that runs starts again when its ends change')
    .argument('<name>')
    .option('--port <number>', 'the port it listens on')
    .option('--target <host:port>', 'where its connections go')
    .option('--server <name>', 'the server it goes through')
    .option('--tag <tag>', 'the tags it has from now on; "" for none', collect)
    .option('--rename <name>', 'its new name')
    .option('--auto-start', 'start it when the daemon starts')
    .option('--no-auto-start', 'do not')
    .action((name: string, options: EditOptions) => host.run((context) => edit(context, name, options)))
}

async function edit(context: Context, name: string, options: EditOptions): Promise<number> {
  if (Object.values(options).every((value) => value === undefined)) {
    throw usageError('Say what to change: --port, --target, --server, --tag, --rename or --auto-start.')
  }
  const port = options.port === undefined ? undefined : parseListenPort('--port', options.port)
  const client = await context.daemon()
  const { spec } = await findForward(client, name)
  const patch: ForwardPatch = {
    ...(port === undefined ? {} : listenPatch(spec, port)),
    ...(options.target === undefined ? {} : await targetPatch(spec, options.target)),
    ...(options.server === undefined ? {} : { serverId: (await findServer(client, options.server)).id }),
    ...(options.tag === undefined ? {} : { tags: options.tag.filter((tag) => tag !== '') }),
    ...(options.rename === undefined ? {} : { name: options.rename }),
    ...(options.autoStart === undefined ? {} : { autoStart: options.autoStart }),
  }
  const { forwardPatchSchema } = await import('@shared/specs')
  const view = await client.call('forwards.update', { id: spec.id, patch: checked(forwardPatchSchema, patch) })
  if (context.json) context.document(publicSnapshot(view.snapshot))
  else context.terminal.out(`Changed ${printable(view.snapshot.name)}: ${printable(forwardSentence(view.snapshot))}\n`)
  return DONE
}

/** The fields of design §4 that hold the listening port; where there are two, both are kept in step. */
function listenPatch(spec: ForwardSpec, port: number): ForwardPatch {
  switch (spec.type) {
    case 'local':
      return { localPort: port, ...(spec.bindPort === null ? {} : { bindPort: port }) }
    case 'remote':
      return { remotePort: port }
    case 'dynamic':
      return { bindPort: port }
  }
}

/** Read with the rules of a SPEC, so that brackets and socket paths work here too. */
async function targetPatch(spec: ForwardSpec, target: string): Promise<ForwardPatch> {
  if (spec.type === 'dynamic') {
    throw usageError(`${spec.name} is dynamic: its clients say where to connect to.`)
  }
  const { parseSpec } = await import('@shared/ssh-spec')
  const ends = parseSpec(spec.type, `1:${target}`)
  if (spec.type === 'local') return { remoteHost: ends.remoteHost, remotePort: ends.remotePort }
  if (ends.localHost === null) throw usageError('--target needs HOST:PORT or the path of a socket.')
  return { localHost: ends.localHost, localPort: ends.localPort }
}
