/** Listeners on the server (RFC 4254 §7.1, streamlocal-forward): each incoming connection goes to the one it came in at. */
import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import { ChannelStream } from './_duplex'
import type { IncomingHandler, Mux, PendingIncoming } from './_mux'
import { nodeEnd } from './_node-end'
import type { OpenInfo } from './_protocol'
import { Splice } from './_splice'
import type { IncomingChannel, RemoteListener } from './types'

const CONNECT_FAILED = 2
const PRIVILEGED_PORTS = 1024

interface Entry {
  /** With the port that was asked for: 0 for any. */
  readonly asked: Endpoint
  readonly bound: Endpoint
  readonly onChannel: (channel: IncomingChannel) => void
}

export class RemoteListeners {
  private readonly entries = new Set<Entry>()
  mux!: Mux

  constructor(private readonly server: string) {}

  readonly onIncoming: IncomingHandler = (info) => {
    const entry = this.match(info)
    if (entry === null) return null
    return (pending) => {
      entry.onChannel(incomingChannel(info, pending, this.mux))
    }
  }

  /** Rejects with `forward.refused` or `forward.remote-port-in-use`. */
  async listen(at: Endpoint, onChannel: Entry['onChannel']): Promise<RemoteListener> {
    // Known before the reply comes: the first connection may arrive in the same packet.
    const asked: Entry = { asked: at, bound: at, onChannel }
    this.entries.add(asked)
    const bound = await this.request(at).finally(() => this.entries.delete(asked))
    const entry: Entry = { asked: at, bound, onChannel }
    this.entries.add(entry)
    return {
      bound,
      close: async () => {
        if (!this.entries.delete(entry)) return
        // A session that is over has closed its listeners already.
        await this.cancel(bound).catch(() => undefined)
      },
    }
  }

  private async request(at: Endpoint): Promise<Endpoint> {
    if ('path' in at) {
      const reply = await this.mux.request((protocol) => protocol.openssh_streamLocalForward(at.path, true))
      if (reply === null) throw this.refused(at)
      return at
    }
    const reply = await this.mux.request((protocol) => protocol.tcpipForward(bindName(at.host), at.port, true))
    if (reply === null) throw await this.reasonOfRefusal(at)
    const port = at.port === 0 && reply.length >= 4 ? reply.readUInt32BE(0) : at.port
    return { host: at.host, port }
  }

  private async cancel(bound: Endpoint): Promise<void> {
    await this.mux.request((protocol) => {
      if ('path' in bound) protocol.openssh_cancelStreamLocalForward(bound.path, true)
      else protocol.cancelTcpipForward(bindName(bound.host), bound.port, true)
    })
  }

  /** The protocol carries no reason, so the server is asked for any free port: if it gives one, the wanted one is the trouble. */
  private async reasonOfRefusal(at: { host: string; port: number }): Promise<WarrenError> {
    if (at.port === 0) return this.refused(at)
    const any = await this.mux.request((protocol) => protocol.tcpipForward(bindName(at.host), 0, true))
    if (any === null) return this.refused(at)
    if (any.length >= 4) await this.cancel({ host: at.host, port: any.readUInt32BE(0) })
    const where = formatEndpoint(at)
    return at.port < PRIVILEGED_PORTS
      ? new WarrenError('forward.refused', `${this.server} does not let this login listen on ${where}.`, {
          fix: 'Ports below 1024 belong to root there. Choose a higher one.',
          field: 'remotePort',
        })
      : new WarrenError('forward.remote-port-in-use', `${where} is taken on ${this.server}.`, {
          fix: 'Choose another port, or 0 for any free one. After a broken connection the server may hold it for a while.',
          field: 'remotePort',
        })
  }

  private refused(at: Endpoint): WarrenError {
    return new WarrenError('forward.refused', `${this.server} forbids listening on ${formatEndpoint(at)}.`, {
      fix:
        'path' in at
          ? 'Its administrator can allow it: AllowStreamLocalForwarding in sshd_config.'
          : 'Its administrator can allow it: AllowTcpForwarding and PermitListen in sshd_config.',
    })
  }

  private match(info: OpenInfo): Entry | null {
    const { data } = info
    if (data.socketPath !== undefined) {
      return [...this.entries].find(({ bound }) => 'path' in bound && bound.path === data.socketPath) ?? null
    }
    const entries = [...this.entries]
    const at = (where: Endpoint): boolean => 'port' in where && where.port === data.destPort
    const isOpen = ({ asked, bound }: Entry): boolean => asked !== bound
    // asyncssh names the port that was asked for, 0, in place of the one it chose: then it is not one still being asked for.
    const ways = [
      entries.filter((entry) => isOpen(entry) && at(entry.bound)),
      entries.filter((entry) => isOpen(entry) && at(entry.asked)),
      entries.filter((entry) => at(entry.bound)),
    ]
    const atPort = ways.find((found) => found.length > 0) ?? []
    const exact = atPort.filter(({ bound }) => 'host' in bound && bindName(bound.host) === bindName(data.destIP ?? ''))
    const fitting = exact.length > 0 ? exact : atPort
    // Some servers answer with the address they resolved; a port that only one listener has leaves no doubt.
    return fitting.length === 1 ? (fitting[0] ?? null) : null
  }
}

// --- internal ---

/** Every address is the empty string on the wire (RFC 4254 §7.1), `*` in configuration. */
function bindName(host: string): string {
  return host === '*' ? '' : host.toLowerCase()
}

function incomingChannel(info: OpenInfo, pending: PendingIncoming, mux: Mux): IncomingChannel {
  const { srcIP, srcPort } = info.data
  return {
    origin: srcIP === undefined || srcPort === undefined ? null : { host: srcIP, port: srcPort },
    spliceTo: (socket, counter, limits) =>
      new Promise((resolve) => {
        const splice = new Splice(nodeEnd(socket), { counter, limits, corker: mux, onClosed: resolve })
        splice.start(pending.accept(), undefined)
      }),
    accept: () => new ChannelStream(pending.accept()),
    refuse: () => {
      pending.refuse(CONNECT_FAILED)
    },
  }
}
