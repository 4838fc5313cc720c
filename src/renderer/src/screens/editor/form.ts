/** What a person has typed about a forward, and the way from it to a draft with an error for each field. */
import { isExposed, listenEndpoint, type Endpoint } from '@shared/endpoints'
import { formatPortRange, parsePortRange } from '@shared/port-range'
import { forwardDraftSchema, MAX_RANGE, type ForwardDraft, type ForwardSpec, type ForwardType } from '@shared/specs'
import { fieldOf, sentenceOf, type FormErrors, type FormField } from './form-fields'
import { draftMore, emptyMore, moreErrors, moreOf, moreWay, type MoreForm } from './form-more'
import { suggestListenPort, suggestName } from './suggest'

/** Everything as typed: ports (`8000` or `8000-8009`) stay text until they are read. */
export interface ForwardForm extends MoreForm {
  readonly type: ForwardType
  readonly name: string
  /** False while the name follows the target. */
  readonly nameEdited: boolean
  /** Empty while no server is chosen. */
  readonly serverId: string
  /** Empty: the default, loopback. */
  readonly listenAddress: string
  readonly listenPort: string
  /** False while the listening port follows the target's. */
  readonly listenPortEdited: boolean
  readonly targetHost: string
  readonly targetPort: string
  /** Remote only: no fixed target, people on the server get SOCKS through this machine. */
  readonly anything: boolean
  readonly tags: readonly string[]
  readonly description: string
  readonly limits: ForwardSpec['limits']
  readonly autoStart: boolean
  readonly favourite: boolean
}

export type Reading =
  { readonly ok: true; readonly draft: ForwardDraft } | { readonly ok: false; readonly errors: FormErrors }

export const emptyForm: ForwardForm = {
  ...emptyMore,
  type: 'local',
  name: '',
  nameEdited: false,
  serverId: '',
  listenAddress: '',
  listenPort: '',
  listenPortEdited: false,
  targetHost: '',
  targetPort: '',
  anything: false,
  tags: [],
  description: '',
  limits: null,
  autoStart: false,
  favourite: false,
}

/** What the form shows of a forward. */
type Written = Pick<
  ForwardSpec,
  | ('name' | 'type' | 'localHost' | 'localPort' | 'remoteHost' | 'remotePort' | 'bindAddress' | 'bindPort')
  | ('serverId' | 'tags' | 'description' | 'autoStart' | 'favourite')
  | ('limits' | 'portCount' | 'onDemand' | 'idleSeconds' | 'health' | 'proxyUsername' | 'servePac')
>

/** The form that shows a saved forward or a parsed command; nothing in it follows anything else. */
export function formOf(spec: Written): ForwardForm {
  const port = (value: number | null): string => (value === null ? '' : formatPortRange(value, spec.portCount))
  const common = {
    ...moreOf(spec),
    type: spec.type,
    name: spec.name,
    nameEdited: true,
    serverId: spec.serverId,
    listenPortEdited: true,
    anything: false,
    tags: spec.tags,
    description: spec.description,
    limits: spec.limits,
    autoStart: spec.autoStart,
    favourite: spec.favourite,
  }
  switch (spec.type) {
    case 'local':
      return {
        ...common,
        listenAddress: spec.bindAddress ?? spec.localHost ?? '',
        listenPort: port(spec.bindPort ?? spec.localPort),
        targetHost: spec.remoteHost ?? '',
        targetPort: port(spec.remotePort),
      }
    case 'remote':
      return {
        ...common,
        listenAddress: spec.bindAddress ?? spec.remoteHost ?? '',
        listenPort: port(spec.remotePort),
        targetHost: spec.localHost ?? '',
        targetPort: port(spec.localPort),
        anything: spec.localHost === null && spec.localPort === null,
      }
    case 'dynamic':
      return {
        ...common,
        listenAddress: spec.bindAddress ?? '',
        listenPort: port(spec.bindPort),
        targetHost: '',
        targetPort: '',
      }
  }
}

/**
 * Reads the form. `original` is the forward that is edited: a value goes back to the field it came from, so that a definition
 * made elsewhere keeps its shape.
 */
export function readForm(form: ForwardForm, original: ForwardSpec | null): Reading {
  const errors: FormErrors = { ...moreErrors(form) }
  const ports = readPorts(form, (field, message) => {
    errors[field] ??= message
  })
  if (form.serverId === '') errors.serverId = 'is missing'
  // The schema reports the ends of a forward only once the single fields are right, so a missing end is found here.
  if (form.type === 'local' && form.targetHost.trim() === '') errors.targetHost = 'is missing'
  if (!needsNoPort(form, 'target') && form.targetPort.trim() === '') errors.targetPort = 'is missing'
  if (!needsNoPort(form, 'listen') && form.listenPort.trim() === '') errors.listenPort = 'is missing'
  const more = draftMore(form, (field, message) => {
    errors[field] ??= message
  })
  const draft = { ...draftOf(form, { ...ports, original }), ...more }
  const parsed = forwardDraftSchema.safeParse(draft)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const field = fieldOf(form.type, issue.path.map(String).join('.'))
      // The first thing wrong with a field is the one to fix; a port that is no number is not also missing.
      const isLength = issue.path[0] === 'portCount' && issue.message.startsWith('must be at most')
      if (field !== null) errors[field] ??= isLength ? `must be a range of at most ${MAX_RANGE} ports` : issue.message
    }
  }
  // Only a port to listen on may be 0, "any free one".
  if (errors.targetPort?.startsWith('must be 0') === true) errors.targetPort = 'must be 1 to 65535'
  const sentences = Object.fromEntries(
    Object.entries(errors).map(([field, message]) => [field, sentenceOf(form.type, field as FormField, message)]),
  )
  return Object.keys(errors).length > 0 ? { ok: false, errors: sentences } : { ok: true, draft }
}

/** The spec as far as it is typed, for the picture and the sentence; holes are null. */
export function partialSpec(form: ForwardForm, original: ForwardSpec | null = null): ForwardDraft {
  return draftOf(form, { ...readPorts(form, () => undefined), original })
}

/** Where the form would listen, for the port check and the mark "reachable from the network". */
export function listenOf(form: ForwardForm): Endpoint {
  const draft = partialSpec(form)
  return listenEndpoint({
    type: draft.type,
    localHost: draft.localHost ?? null,
    localPort: draft.localPort ?? null,
    remoteHost: draft.remoteHost ?? null,
    remotePort: draft.remotePort ?? null,
    bindAddress: draft.bindAddress ?? null,
    bindPort: draft.bindPort ?? null,
  })
}

export function isFormExposed(form: ForwardForm): boolean {
  return isExposed(listenOf(form))
}

/** A change as typed, with the name and the listening port following as long as nobody touched them. */
export function changeForm(
  form: ForwardForm,
  change: Partial<ForwardForm>,
  context: { readonly serverName: string | null; readonly takenNames: ReadonlySet<string> },
): ForwardForm {
  let next: ForwardForm = { ...form, ...change }
  if (change.name !== undefined && change.nameEdited === undefined) next = { ...next, nameEdited: change.name !== '' }
  if (change.listenPort !== undefined && change.listenPortEdited === undefined) {
    next = { ...next, listenPortEdited: change.listenPort !== '' }
  }
  if (change.type !== undefined && change.type !== form.type) next = { ...next, anything: false }
  if (!next.listenPortEdited) next = { ...next, listenPort: suggestListenPort(next) }
  if (!next.nameEdited) next = { ...next, name: suggestName(next, context) }
  return next
}

/** Whether saving would restart a forward that runs: its ends or its server changed; the rest is only words. */
export function changesWay(form: ForwardForm, original: ForwardForm): boolean {
  const way = (each: ForwardForm): string =>
    [
      ...[each.type, each.serverId, each.listenAddress, each.listenPort, each.targetHost, each.targetPort],
      ...[each.anything, ...moreWay(each)],
    ]
      .map((part) => String(part).trim())
      .join('\n')
  return way(form) !== way(original)
}

/** Whether two forms would save the same; what merely follows does not count as an edit. */
export function sameForm(one: ForwardForm, other: ForwardForm): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** True where an end is a Unix socket or left open, so that a port has no meaning. */
export function needsNoPort(form: ForwardForm, end: 'listen' | 'target'): boolean {
  if (end === 'listen') {
    // Without a port, SOCKS listens on its usual one.
    return form.type === 'dynamic' || form.listenAddress.trim().startsWith('/')
  }
  return form.type === 'dynamic' || form.anything || form.targetHost.trim().startsWith('/')
}

// --- internal ---

interface Ports {
  readonly listenPort: number | null
  readonly targetPort: number | null
  readonly portCount: number
  readonly original: ForwardSpec | null
}

function draftOf(form: ForwardForm, { listenPort, targetPort, portCount, original }: Ports): ForwardDraft {
  const address = textOrNull(form.listenAddress)
  const host = textOrNull(form.targetHost)
  const isSocket = (value: string | null): boolean => value?.startsWith('/') === true
  const port = isSocket(address) ? null : listenPort
  const same = original?.type === form.type ? original : null
  const common = {
    name: form.name,
    type: form.type,
    serverId: form.serverId,
    tags: [...form.tags],
    description: form.description,
    limits: form.limits,
    autoStart: form.autoStart,
    favourite: form.favourite,
    portCount,
  }
  const hostPort = isSocket(host) ? null : targetPort
  switch (form.type) {
    case 'local': {
      const atLocalHost = same !== null && same.bindAddress === null && same.localHost !== null
      return {
        ...common,
        localHost: atLocalHost ? address : null,
        localPort: port,
        remoteHost: host,
        remotePort: hostPort,
        bindAddress: atLocalHost ? null : address,
        bindPort: same !== null && same.bindPort !== null ? port : null,
      }
    }
    case 'remote': {
      const atRemoteHost = same !== null && same.bindAddress === null && same.remoteHost !== null
      return {
        ...common,
        localHost: form.anything ? null : (host ?? '127.0.0.1'),
        localPort: form.anything ? null : hostPort,
        remoteHost: atRemoteHost ? address : null,
        remotePort: port,
        bindAddress: atRemoteHost ? null : address,
        bindPort: null,
      }
    }
    case 'dynamic':
      return {
        ...common,
        localHost: null,
        localPort: null,
        remoteHost: null,
        remotePort: null,
        bindAddress: address,
        bindPort: port,
      }
  }
}

function textOrNull(value: string): string | null {
  const text = value.trim()
  if (text === '') return null
  // Brackets belong to an address with a port; here the port has its own field.
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
}

/** The first port of each end and how many there are; both ends of a range have as many. */
function readPorts(
  form: ForwardForm,
  refuse: (field: 'listenPort' | 'targetPort', message: string) => void,
): Omit<Ports, 'original'> {
  const read = (field: 'listenPort' | 'targetPort'): { port: number | null; count: number } => {
    const text = form[field].trim()
    if (text === '') return { port: null, count: 1 }
    const range = parsePortRange(text)
    if (range === null) refuse(field, 'must be a whole number or a range such as 8000-8009')
    return range ?? { port: null, count: 1 }
  }
  const listen = read('listenPort')
  const target = read('targetPort')
  const hasTarget = !needsNoPort(form, 'target') && target.port !== null
  if (hasTarget && !needsNoPort(form, 'listen') && listen.port !== null && listen.port !== 0) {
    if (target.count !== listen.count) refuse('targetPort', `must be as many as the ${listen.count} to listen on`)
  }
  // Any free ports: as many as the target has.
  const portCount = listen.port === 0 && hasTarget ? target.count : listen.count
  return { listenPort: listen.port, targetPort: target.port, portCount }
}
