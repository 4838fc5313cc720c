/** A forward line of the ssh config in the fields of a forward. */
import type { ConfigForward, ForwardEnd } from '@engine'
import { specFlags, type ForwardEnds } from '@shared/ssh-spec'

const keywords = { local: 'LocalForward', remote: 'RemoteForward', dynamic: 'DynamicForward' } as const

/** ssh's idea of "every address" is `*` and the empty name; no name at all is loopback, unless GatewayPorts opens it. */
export function endsOf({ type, listen, target }: ConfigForward, gatewayPorts: boolean): ForwardEnds {
  const bind = bindOf(listen, type !== 'remote' && gatewayPorts)
  const port = listen.kind === 'unix' ? null : listen.port
  const none = { localHost: null, localPort: null, remoteHost: null, remotePort: null, bindPort: null }
  const to = target === null ? { host: null, port: null } : targetOf(target)
  switch (type) {
    case 'local':
      return { ...none, type, bindAddress: bind, localPort: port, remoteHost: to.host, remotePort: to.port }
    case 'remote':
      return { ...none, type, bindAddress: bind, remotePort: port, localHost: to.host, localPort: to.port }
    case 'dynamic':
      return { ...none, type, bindAddress: bind, bindPort: port }
  }
}

/** `LocalForward 8080 db:80`, as it could stand in a config. */
export function lineOf({ type, listen, target }: ConfigForward): string {
  return [keywords[type], endText(listen), ...(target === null ? [] : [endText(target)])].join(' ')
}

/** What a line is told by from others of its host: its way and where it listens. */
export function listensAt({ type, listen }: ConfigForward): string {
  return `${specFlags[type]} ${endText(listen)}`
}

// --- internal ---

function bindOf(listen: ForwardEnd, open: boolean): string | null {
  if (listen.kind === 'unix') return listen.path
  if (listen.host === null) return open ? '*' : null
  return listen.host === '' ? '*' : listen.host
}

function targetOf(target: ForwardEnd): { host: string; port: number | null } {
  return target.kind === 'unix' ? { host: target.path, port: null } : { host: target.host ?? '', port: target.port }
}

function endText(end: ForwardEnd): string {
  if (end.kind === 'unix') return end.path
  if (end.host === null) return String(end.port)
  return `${end.host.includes(':') ? `[${end.host}]` : end.host}:${end.port}`
}
