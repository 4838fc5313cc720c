/** The two columns of a shared forward: what is shared, and what this machine has. Pure. */
import { cloudFieldWords } from '@shared/cloud-words'
import { PERSONAL, type CloudField, type CloudFields, type ForwardCloud } from '@shared/cloud-views'
import { formatEndpoint } from '@shared/endpoints'
import type { ForwardSpec, ForwardType, ServerSpec } from '@shared/specs'
import { formOf, type ForwardForm } from './form'
import { fieldLabel } from './form-fields'

export type RowId =
  | ('type' | 'server' | 'listenPort' | 'listenAddress' | 'targetHost' | 'targetPort')
  | ('name' | 'tags' | 'description' | 'username')

/** One line of the table. */
export interface SharedRow {
  readonly id: RowId
  readonly label: string
  /** As people read it; `null` for nothing. */
  readonly shared: string | null
  readonly mine: string | null
  /** The value here is this machine's own: others keep theirs. */
  readonly own: boolean
  readonly differs: boolean
  /** Whether a person may make it their own, or give it back. */
  readonly choosable: boolean
}

/** What a row of the table stands for in the document. */
export function cloudFieldsOf(type: ForwardType, id: RowId): readonly CloudField[] {
  switch (id) {
    case 'server':
      return ['serverAddress']
    case 'listenAddress':
      return type === 'local'
        ? ['bindAddress', 'localHost']
        : type === 'remote'
          ? ['bindAddress', 'remoteHost']
          : ['bindAddress']
    case 'listenPort':
      return type === 'local' ? ['bindPort', 'localPort'] : type === 'remote' ? ['remotePort'] : ['bindPort']
    case 'targetHost':
      return type === 'remote' ? ['localHost'] : ['remoteHost']
    case 'targetPort':
      return type === 'remote' ? ['localPort'] : ['remotePort']
    default:
      return [id]
  }
}

/** Whether the value here is this machine's own; a field that neither side uses decides nothing. */
export function isOwn(id: RowId, type: ForwardType, { overrides, shared }: OwnOf): boolean {
  const fields = cloudFieldsOf(type, id)
  const used = fields.filter((field) => shared !== null && shared[field] !== null)
  return (used.length > 0 && fields.length > 1 ? used : fields).some((field) => overrides.includes(field))
}
type OwnOf = Pick<ForwardCloud, 'overrides' | 'shared'>

/** The form as the shared values would fill it. */
export function sharedForm(shared: CloudFields, spec: ForwardSpec): ForwardForm {
  const { name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, tags, description } = shared
  const ends = { localHost, localPort, remoteHost, remotePort, bindAddress, bindPort }
  return formOf({ ...spec, ...ends, name, type, tags: [...tags], description, portCount: 1 })
}

export interface RowsInput {
  readonly form: ForwardForm
  readonly spec: ForwardSpec
  readonly cloud: ForwardCloud
  /** The server that is chosen here. */
  readonly server: ServerSpec | undefined
  /** What was chosen and not saved yet. */
  readonly choices?: ReadonlyMap<RowId, boolean>
}

/** The table; empty until the server confirmed the forward for the first time. */
export function sharedRows({ form, spec, cloud, server, choices }: RowsInput): readonly SharedRow[] {
  const { shared } = cloud
  if (shared === null) return []
  const theirs = sharedForm(shared, spec)
  const row = (id: RowId, label: string, values: Values): SharedRow => ({
    ...{ id, label, shared: values.shared, mine: values.mine },
    own: choices?.get(id) ?? isOwn(id, shared.type, cloud),
    differs: values.differs ?? (values.shared ?? '') !== (values.mine ?? ''),
    choosable: canChoose(id, values.shared, cloud),
  })
  const text = (id: TextRow): SharedRow =>
    row(id, fieldLabel(form.type, id), { shared: orNull(theirs[id]), mine: orNull(form[id]) })
  if (form.type !== shared.type) {
    return [row('type', cloudFieldWords.type, { shared: typeWords[shared.type], mine: typeWords[form.type] })]
  }
  return [
    row('server', 'Server', {
      shared: shared.serverAddress,
      mine: serverWords(server, shared.serverAddress),
      differs: form.serverId !== spec.serverId,
    }),
    text('listenPort'),
    address(row, theirs, form),
    ...(form.type === 'dynamic' ? [] : [text('targetHost'), text('targetPort')]),
    text('name'),
    row('tags', 'Tags', { shared: orNull(theirs.tags.join(', ')), mine: orNull(form.tags.join(', ')) }),
    text('description'),
    row('username', cloudFieldWords.username, {
      shared: shared.username,
      mine: server?.username ?? null,
      differs: shared.username !== null && shared.username !== (server?.username ?? null),
    }),
  ].filter(({ shared: there, mine }) => there !== null || mine !== null)
}

/** What of the table is otherwise here than for the others. */
export function ownValues(rows: readonly SharedRow[]): readonly SharedRow[] {
  return rows.filter((row) => row.own && row.differs)
}

// --- internal ---

/** A port that the others have not chosen (any free one) is none to take. */
function canChoose(id: RowId, shared: string | null, cloud: ForwardCloud): boolean {
  if (id === 'username') return cloud.namespace === PERSONAL
  return id !== 'type' && !(id === 'listenPort' && shared === null && cloud.shared?.type !== 'dynamic')
}

type TextRow = 'listenPort' | 'targetHost' | 'targetPort' | 'name' | 'description'
interface Values {
  readonly shared: string | null
  readonly mine: string | null
  readonly differs?: boolean
}

const typeWords = {
  local: 'Reach (local, -L)',
  remote: 'Offer (remote, -R)',
  dynamic: 'Browse (dynamic, -D)',
} as const satisfies Record<ForwardType, string>

/** An address that is left out is the same as the one it stands for. */
function address(
  row: (id: RowId, label: string, values: Values) => SharedRow,
  theirs: ForwardForm,
  form: ForwardForm,
): SharedRow {
  const usual = form.type === 'remote' ? 'localhost' : '127.0.0.1'
  const [shared, mine] = [theirs, form].map(({ listenAddress }) => listenAddress.trim() || usual) as [string, string]
  const isPlain = shared === usual && mine === usual
  return row('listenAddress', fieldLabel(form.type, 'listenAddress'), {
    shared: isPlain ? null : shared,
    mine: isPlain ? null : mine,
  })
}

/** By name; with its address where that is another one than the shared. */
function serverWords(server: ServerSpec | undefined, shared: string | null): string | null {
  if (server === undefined) return null
  const at = server.port === 22 ? server.host : formatEndpoint({ host: server.host, port: server.port })
  return server.name === at || at.toLowerCase() === shared?.toLowerCase() ? server.name : `${server.name} (${at})`
}

function orNull(text: string): string | null {
  const trimmed = text.trim()
  return trimmed === '' ? null : trimmed
}
