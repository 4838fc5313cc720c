/** `warren edit NAME [--port N] [--target HOST:PORT] [--server NAME] [--tag T]… [--rename NEW]` */
import type { Command } from 'commander'
import { forwardSentence } from '@shared/sentence'
import { parsePortRange, type PortRange } from '@shared/port-range'
import type { ForwardPatch, ForwardSpec } from '@shared/specs'
import { checked } from '../checked'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findForward, findServer } from '../names'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'
import { collect, parseListenRange, usageError } from '../usage'
import {
  defineKindOptions,
  keepProxyPassword,
  needsLogin,
  readKindOptions,
  readProxyPassword,
  type KindOptions,
} from './_kind-options'

interface EditOptions extends KindOptions {
  readonly port?: string
  readonly target?: string
  readonly server?: string
  readonly tag?: readonly string[]
  readonly rename?: string
  readonly autoStart?: boolean
}

export function defineEdit(program: Command, host: Host): void {
  const command = program
    .command('edit')
    .description('change a forward; one that runs starts again when its ends change')
    .argument('<name>')
    .option('--port <number>', 'the port it listens on, or a range of ports')
    .option('--target <host:port>', 'where its connections go')
    .option('--server <name>', 'the server it goes through')
    .option('--tag <tag>', 'the tags it has from now on; "" for none', collect)
    .option('--rename <name>', 'its new name')
    .option('--auto-start', 'start it when the daemon starts')
    .option('--no-auto-start', 'do not')
  defineKindOptions(command).action((name: string, options: EditOptions) =>
    host.run((context) => edit(context, name, options)),
  )
}

async function edit(context: Context, name: string, options: EditOptions): Promise<number> {
  if (Object.values(options).every((value) => value === undefined)) {
    throw usageError('Say what to change: `warren help edit` lists what can be.')
  }
  const port = options.port === undefined ? undefined : parseListenRange('--port', options.port)
  const password = await readProxyPassword(context, options)
  const client = await context.daemon()
  const { spec } = await findForward(client, name)
  needsLogin(options, spec.proxyUsername)
  const server = options.server === undefined ? undefined : await findServer(client, options.server)
  const patch: ForwardPatch = {
    ...(port === undefined ? {} : { ...listenPatch(spec, port.port), ...countPatch(spec, port.count) }),
    ...(options.target === undefined
      ? {}
      : await targetPatch(spec, { target: options.target, count: port?.count ?? spec.portCount })),
    ...readKindOptions(options, spec.health),
    ...(server === undefined ? {} : { serverId: server.id }),
    ...(options.tag === undefined ? {} : { tags: options.tag.filter((tag) => tag !== '') }),
    ...(options.rename === undefined ? {} : { name: options.rename }),
    ...(options.autoStart === undefined ? {} : { autoStart: options.autoStart }),
  }
  const { forwardPatchSchema } = await import('@shared/specs')
  const view = await client.call('forwards.update', { id: spec.id, patch: checked(forwardPatchSchema, patch) })
  await keepProxyPassword(context, client, { id: spec.id, password })
  // The snapshot is of the run that was, which went through another server.
  const snapshot = server === undefined ? view.snapshot : { ...view.snapshot, server: server.name }
  if (context.json) context.document(publicSnapshot(snapshot))
  else context.terminal.out(`Changed ${printable(snapshot.name)}: ${printable(forwardSentence(snapshot))}\n`)
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
async function targetPatch(
  spec: ForwardSpec,
  { target, count }: { target: string; count: number },
): Promise<ForwardPatch> {
  if (spec.type === 'dynamic') {
    throw usageError(`${spec.name} is dynamic: its clients say where to connect to.`)
  }
  const { parseSpec } = await import('@shared/ssh-spec')
  const range = endRange(target)
  if (range !== null && range.count !== count) {
    throw usageError(
      `${range.count} ports of the target do not go with ${count === 1 ? 'one port' : `${count} ports`} to listen on.`,
      'Give as many ports at both ends, such as --port 8000-8009 --target web:9000-9009.',
    )
  }
  const first = range === null ? target : `${target.slice(0, target.lastIndexOf(':'))}:${range.port}`
  const ends = parseSpec(spec.type, `1:${first}`)
  if (spec.type === 'local') return { remoteHost: ends.remoteHost, remotePort: ends.remotePort }
  if (ends.localHost === null) throw usageError('--target needs HOST:PORT or the path of a socket.')
  return { localHost: ends.localHost, localPort: ends.localPort }
}

function countPatch(spec: ForwardSpec, count: number): ForwardPatch {
  return count === spec.portCount ? {} : { portCount: count }
}

/** The ports at the end of `host:9000-9009`; `null` when there is one port, or none. */
function endRange(target: string): PortRange | null {
  const range = parsePortRange(target.slice(target.lastIndexOf(':') + 1))
  return range === null || range.count === 1 ? null : range
}
