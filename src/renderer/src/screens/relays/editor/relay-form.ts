/** What a person has typed about a relay, and the way from it to a draft with an error for each field. */
import type { Endpoint } from '@shared/endpoints'
import { issueWords } from '@shared/issue-words'
import { noLimits, type Limits } from '@shared/limits'
import { formatPortRange, parsePortRange } from '@shared/port-range'
import {
  MAX_RELAY_PORTS,
  relayDraftSchema,
  type ParsedRelayDraft,
  type RelayProtocol,
  type RelaySpec,
} from '@shared/relays'
import { suggestListenPort, suggestName } from '../../editor/suggest'

/** As typed: ports (`8000` or `8000-8009`) stay text until they are read. */
export interface TargetForm {
  /** Tells rows apart while they move. */
  readonly key: number
  readonly host: string
  readonly port: string
}

export interface RelayForm {
  readonly protocol: RelayProtocol
  readonly name: string
  /** False while the name follows the first target. */
  readonly nameEdited: boolean
  /** Empty: loopback. */
  readonly listenHost: string
  readonly listenPort: string
  /** False while it follows the first target's. */
  readonly listenPortEdited: boolean
  readonly targets: readonly TargetForm[]
  readonly balance: RelaySpec['balance']
  /** Addresses and ranges, by lines, commas or spaces. */
  readonly allow: string
  readonly deny: string
  readonly acceptProxy: boolean
  readonly sendProxy: 'none' | 'v1' | 'v2'
  readonly connectTimeoutSeconds: string
  /** Empty: never for TCP, the usual for UDP. */
  readonly idleSeconds: string
  readonly limits: Limits
  readonly tags: readonly string[]
  readonly description: string
  readonly autoStart: boolean
  readonly favourite: boolean
}

/** `targets.0.host`, `listenPort`: as the paths of the schema, with `listenPort` for what is wrong with a range. */
export type RelayErrors = Readonly<Record<string, string>>
export type RelayReading =
  { readonly ok: true; readonly draft: ParsedRelayDraft } | { readonly ok: false; readonly errors: RelayErrors }

export const DEFAULT_HOST = '127.0.0.1'
let nextKey = 1

export function emptyTarget(): TargetForm {
  return { key: nextKey++, host: '', port: '' }
}

export function emptyRelay(protocol: RelayProtocol): RelayForm {
  return {
    protocol,
    name: '',
    nameEdited: false,
    listenHost: '',
    listenPort: '',
    listenPortEdited: false,
    targets: [emptyTarget()],
    balance: 'failover',
    allow: '',
    deny: '',
    acceptProxy: false,
    sendProxy: 'none',
    connectTimeoutSeconds: '10',
    idleSeconds: '',
    limits: noLimits,
    tags: [],
    description: '',
    autoStart: false,
    favourite: false,
  }
}

/** The form that shows a saved relay; nothing in it follows anything else. */
export function relayFormOf(spec: RelaySpec): RelayForm {
  return {
    ...emptyRelay(spec.protocol),
    name: spec.name,
    nameEdited: true,
    listenHost: spec.listenHost === DEFAULT_HOST ? '' : spec.listenHost,
    listenPort: formatPortRange(spec.listenPort, spec.portCount),
    listenPortEdited: true,
    targets: spec.targets.map(({ host, port }) => ({
      key: nextKey++,
      host,
      port: formatPortRange(port, spec.portCount),
    })),
    balance: spec.balance,
    allow: spec.allow.join('\n'),
    deny: spec.deny.join('\n'),
    acceptProxy: spec.acceptProxy,
    sendProxy: spec.sendProxy ?? 'none',
    connectTimeoutSeconds: String(spec.connectTimeoutSeconds),
    idleSeconds: spec.idleSeconds === null ? '' : String(spec.idleSeconds),
    limits: spec.limits,
    tags: spec.tags,
    description: spec.description,
    autoStart: spec.autoStart,
    favourite: spec.favourite,
  }
}

/** A change as typed, with the name and the listening port following as long as nobody touched them. */
export function changeRelay(form: RelayForm, change: Partial<RelayForm>, takenNames: ReadonlySet<string>): RelayForm {
  let next: RelayForm = { ...form, ...change }
  if (change.name !== undefined) next = { ...next, nameEdited: change.name !== '' }
  if (change.listenPort !== undefined) next = { ...next, listenPortEdited: change.listenPort !== '' }
  const first = next.targets[0] ?? { host: '', port: '' }
  const typed = { type: 'local', anything: false, targetHost: first.host, targetPort: first.port } as const
  if (!next.listenPortEdited) next = { ...next, listenPort: suggestListenPort(typed) }
  if (!next.nameEdited) next = { ...next, name: suggestName(typed, { serverName: null, takenNames }) }
  return next
}

/** Reads the form; every field that is wrong says so in a sentence. */
export function readRelay(form: RelayForm): RelayReading {
  const errors: Record<string, string> = {}
  const refuse = (field: string, message: string): void => {
    errors[field] ??= `${relayLabel(field)} ${message}.`
  }
  const parsed = relayDraftSchema.safeParse(draftOf(form, refuse))
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const at = path.map(String)
      const field = relayFieldOf(at.join('.'))
      if (field === null) continue
      if (field === 'allow' || field === 'deny') {
        const wrong = sourcesOf(form[field])[Number(at[1])]
        errors[field] ??= wrong === undefined ? `${relayLabel(field)} ${issueWords(message)}.` : `${wrong} ${message}.`
      } else if (at[0] === 'portCount' && message.startsWith('must be at most')) {
        refuse(field, `must be a range of at most ${MAX_RELAY_PORTS} ports`)
      } else refuse(field, issueWords(message))
    }
  }
  if (!parsed.success || Object.keys(errors).length > 0) return { ok: false, errors }
  return { ok: true, draft: parsed.data }
}

/** The form field that a path of the spec, or of a fault of the daemon, speaks of. */
export function relayFieldOf(path: string): string | null {
  const [head = '', index] = path.split('.')
  if (head === 'portCount') return 'listenPort'
  if (head === 'targets') {
    if (index === undefined) return 'targets.0.host'
    return path.split('.').length > 2 ? path : `targets.${index}.host`
  }
  if (head === 'allow' || head === 'deny') return head
  return head in labels ? head : null
}

/** The words a field goes by, in the form and at the head of its errors. */
export function relayLabel(field: string): string {
  const target = /^targets\.(\d+)\.(host|port)$/.exec(field)
  if (target === null) return labels[field] ?? field
  const which = target[1] === '0' ? 'Target' : `Target ${Number(target[1]) + 1}`
  return `${which} ${target[2] ?? ''}`
}

/** Where it would listen as far as that is typed. */
export function relayListen({ listenHost, listenPort }: RelayForm): Endpoint & { host: string; port: number } {
  return { host: plainHost(listenHost) || DEFAULT_HOST, port: parsePortRange(listenPort)?.port ?? 0 }
}

/** The targets as far as they are typed. */
export function relayTargets({ targets }: RelayForm): readonly Endpoint[] {
  return targets
    .filter(({ host }) => host.trim() !== '')
    .map(({ host, port }) => ({ host: plainHost(host), port: parsePortRange(port)?.port ?? 0 }))
}

export function relayPortCount({ listenPort }: RelayForm): number {
  return parsePortRange(listenPort)?.count ?? 1
}

/** Whether saving restarts one that runs: another end or protocol does, the rest takes effect at once. */
export function changesListener(form: RelayForm, original: RelayForm): boolean {
  const way = (each: RelayForm): string =>
    [each.protocol, plainHost(each.listenHost) || DEFAULT_HOST, each.listenPort.trim()].join('\n')
  return way(form) !== way(original)
}

// --- internal ---

const labels: Readonly<Record<string, string>> = {
  name: 'Name',
  protocol: 'Protocol',
  listenHost: 'Address on this machine',
  listenPort: 'Port on this machine',
  balance: 'Connections go to',
  allow: 'May connect',
  deny: 'May not connect',
  acceptProxy: 'PROXY protocol of clients',
  sendProxy: 'PROXY protocol to targets',
  connectTimeoutSeconds: 'Give up connecting after (seconds)',
  idleSeconds: 'End when idle for (seconds)',
  tags: 'Tags',
  description: 'Description',
}

function draftOf(form: RelayForm, refuse: (field: string, message: string) => void): unknown {
  const isTcp = form.protocol === 'tcp'
  const ports = (field: string, text: string): { port: number; count: number } => {
    const range = parsePortRange(text)
    if (text.trim() === '') refuse(field, 'is missing')
    else if (range === null) refuse(field, 'must be a whole number or a range such as 8000-8009')
    // Something that is no fault of its own: the field has one already.
    return range ?? { port: 1, count: 1 }
  }
  const seconds = (field: 'connectTimeoutSeconds' | 'idleSeconds', usual: number | null): number | null => {
    const text = form[field].trim()
    if (text === '') return usual
    if (/^\d{1,9}$/.test(text)) return Number(text)
    refuse(field, 'must be a whole number')
    return usual
  }
  const listen = ports('listenPort', form.listenPort)
  const targets = form.targets.map(({ host, port }, index) => {
    if (host.trim() === '') refuse(`targets.${index}.host`, 'is missing')
    const range = ports(`targets.${index}.port`, port)
    // A single port is the first one of a range; a written one has to be as long.
    if (range.count > 1 && range.count !== listen.count) {
      refuse(`targets.${index}.port`, `must be as many as the ${listen.count} to listen on`)
    }
    return { host: plainHost(host), port: range.port }
  })
  return {
    name: form.name,
    protocol: form.protocol,
    listenHost: plainHost(form.listenHost) || DEFAULT_HOST,
    listenPort: listen.port,
    portCount: listen.count,
    targets,
    balance: form.balance,
    allow: sourcesOf(form.allow),
    deny: sourcesOf(form.deny),
    acceptProxy: isTcp && form.acceptProxy,
    sendProxy: isTcp && form.sendProxy !== 'none' ? form.sendProxy : null,
    connectTimeoutSeconds: seconds('connectTimeoutSeconds', 10) ?? 10,
    idleSeconds: seconds('idleSeconds', null),
    limits: form.limits,
    tags: form.tags,
    description: form.description,
    autoStart: form.autoStart,
    favourite: form.favourite,
  }
}

function sourcesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((each) => each !== '')
}

/** Brackets belong to an address with a port; here the port has its own field. */
function plainHost(text: string): string {
  const host = text.trim()
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
