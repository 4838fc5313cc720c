import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import type { ForwardType } from '@shared/specs'
import type { ReactNode } from 'react'
import { classes } from '../../components/classes'
import styles from './picture.module.css'

export interface PictureProps {
  type: ForwardType
  /** Empty while none is chosen. */
  server: string
  /** Names of the servers before it, first hop first. */
  hops: readonly string[]
  listen: Endpoint
  /** `null`: untyped, or what the client asks for. */
  target: Endpoint | null
  /** Ports in a row at both ends. */
  portCount: number
  exposed: boolean
}

export interface Party {
  readonly title: string
  readonly detail: string
  /** The side at which people connect, marked by a notch. */
  readonly mouth: 'left' | 'right' | null
  readonly small: string
}

/** The three parties and the way of a connection: a thick line is the SSH session, a thin one is plain. */
export function Picture(props: PictureProps): ReactNode {
  const { type } = props
  const [here, server, far] = partiesOf(props)
  const toLeft = type === 'remote'
  return (
    <div className={styles.picture} role="img" aria-label={describe(props)}>
      <PartyBox {...here} />
      <Arrow thick toLeft={toLeft} />
      <PartyBox {...server} />
      <Arrow toLeft={toLeft} />
      <PartyBox {...far} />
    </div>
  )
}

export function PartyBox({ title, detail, mouth, small }: Party): ReactNode {
  // Where it is too narrow the host gives way, never the port.
  const colon = detail.includes(':') ? detail.lastIndexOf(':') : detail.length
  return (
    <div
      className={classes(styles.party, mouth === 'left' && styles.left, mouth === 'right' && styles.right)}
      data-tip={[small, title, detail].filter((part) => part !== '').join(' ')}
    >
      {small !== '' && <span className={styles.small}>{small}</span>}
      <span className={styles.title}>{title}</span>
      <span className={styles.detail}>
        <span className={styles.host}>{detail === '' ? '\u00a0' : detail.slice(0, colon)}</span>
        {detail.slice(colon)}
      </span>
    </div>
  )
}

export function Arrow({ thick = false, toLeft }: { thick?: boolean; toLeft: boolean }): ReactNode {
  const width = thick ? 4 : 2
  return (
    <svg
      className={classes(styles.arrow, thick && styles.thick)}
      viewBox="0 0 24 16"
      width="24"
      height="16"
      aria-hidden="true"
    >
      <g transform={toLeft ? 'rotate(180 12 8)' : undefined}>
        <path d="M0 8h16" stroke="currentColor" strokeWidth={width} />
        <path d="M14 2l8 6-8 6z" fill="currentColor" />
      </g>
    </svg>
  )
}

function partiesOf({ type, server, hops, listen, target, portCount }: PictureProps): readonly [Party, Party, Party] {
  const via = hops.length === 0 ? '' : `${hops.join(' › ')} ›`
  const middle: Party = { title: server === '' ? 'server' : server, detail: '', mouth: null, small: via }
  const here: Party = { title: 'this machine', detail: '', mouth: null, small: '' }
  switch (type) {
    case 'local':
      return [{ ...here, detail: shortEnd(listen, portCount), mouth: 'left' }, middle, targetParty(target, portCount)]
    case 'dynamic':
      return [
        { ...here, detail: shortEnd(listen, portCount), mouth: 'left' },
        middle,
        { title: 'anywhere', detail: '', mouth: null, small: '' },
      ]
    case 'remote':
      return [
        { ...here, detail: target === null ? '' : shortEnd(target, portCount) },
        { ...middle, detail: shortEnd(listen, portCount), mouth: 'right' },
        { title: 'people there', detail: '', mouth: null, small: '' },
      ]
  }
}

export function targetParty(target: Endpoint | null, count: number): Party {
  if (target === null) return { title: 'target', detail: '', mouth: null, small: '' }
  if ('path' in target) return { title: target.path.split('/').at(-1) ?? '', detail: 'socket', mouth: null, small: '' }
  return { title: target.host, detail: target.port === 0 ? '' : portsOf(target, count), mouth: null, small: '' }
}

/** Loopback is left out: it is what everybody expects. */
export function shortEnd(end: Endpoint, count: number): string {
  if ('path' in end) return end.path.split('/').at(-1) ?? end.path
  if (/^(127\.0\.0\.1|localhost|::1)$/.test(end.host)) return end.port === 0 ? '' : portsOf(end, count)
  return formatEndpoint(end, count)
}

function describe({ type, server, listen, target, portCount }: PictureProps): string {
  const through = server === '' ? 'the server' : server
  const goal = target === null ? (type === 'dynamic' ? 'anywhere' : 'the target') : formatEndpoint(target, portCount)
  return type === 'remote'
    ? `People at ${formatEndpoint(listen, portCount)} on ${through}, then this machine, then ${goal}`
    : `This machine at ${formatEndpoint(listen, portCount)}, then ${through}, then ${goal}`
}

/** `:8000`, or `:8000–8009`. */
function portsOf({ host, port }: { host: string; port: number }, count: number): string {
  return formatEndpoint({ host, port }, count).slice(formatEndpoint({ host, port: 0 }).length - 2)
}
