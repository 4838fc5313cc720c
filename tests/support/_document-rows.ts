/** Rows of the document's API, and what may be written of one (texts as its original gives them). */

/** All columns: the document's, then those of a server typed by hand. */
export interface DocumentRow {
  readonly id: string
  readonly localId: string | null
  readonly name: string
  readonly type: string
  readonly localHost: string | null
  readonly localPort: number | null
  readonly remoteHost: string | null
  readonly remotePort: number | null
  readonly bindAddress: string | null
  readonly bindPort: number | null
  readonly serverId: string | null
  readonly status: string
  readonly lastUsed: string | null
  readonly tunnelId: string | null
  readonly connectionId: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly serverAddress: string | null
  readonly username: string | null
  readonly authType: string | null
  readonly password: string | null
  readonly keyPath: string | null
  readonly keyContent: string | null
  readonly passphrase: string | null
  readonly namespace: string | null
  /** Not shown. */
  readonly order: number
  readonly owner: string
}

export const documentRow: DocumentRow = {
  ...{ id: '', localId: null, name: '', type: 'local', localHost: null, localPort: null, remoteHost: null },
  ...{ remotePort: null, bindAddress: null, bindPort: null, serverId: null, status: 'inactive', lastUsed: null },
  ...{ tunnelId: null, connectionId: null, createdAt: '', updatedAt: '', serverAddress: null, username: null },
  ...{ authType: null, password: null, keyPath: null, keyContent: null, passphrase: null, namespace: null },
  ...{ order: 0, owner: '' },
}

/** Why a body cannot be taken; empty when it can. `isWhole`: name and type must be there. */
export function faultsOf(body: unknown, isWhole: boolean): readonly string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return ['an object is expected']
  const fields = body as Readonly<Record<string, unknown>>
  const unknown = Object.keys(fields).filter((name) => rules[name] === undefined)
  const wrong = Object.entries(rules).flatMap(([name, rule]) => {
    const value = fields[name]
    const isRequired = name === 'name' || name === 'type'
    const mayBeAbsent = isRequired ? !isWhole && !(name in fields) : value === undefined || value === null
    return mayBeAbsent ? [] : rule(name, value)
  })
  return [...unknown.map((name) => `property ${name} should not exist`), ...wrong]
}

// --- internal ---

type Rule = (name: string, value: unknown) => readonly string[]

const MAX_PORT = 65_535
const text: Rule = (name, value) => (typeof value === 'string' ? [] : [`${name} must be a string`])
const oneOf =
  (...values: readonly string[]): Rule =>
  (name, value) =>
    values.some((one) => one === value) ? [] : [`${name} must be one of the following values: ${values.join(', ')}`]
const port =
  (least: number): Rule =>
  (name, value) => {
    if (typeof value !== 'number') return [`${name} must be a number conforming to the specified constraints`]
    if (value < least) return [`${name} must not be less than ${least}`]
    return value > MAX_PORT ? [`${name} must not be greater than ${MAX_PORT}`] : []
  }

const rules: Readonly<Record<string, Rule>> = {
  ...{ localId: text, name: text, type: oneOf('dynamic', 'local', 'remote'), localHost: text, localPort: port(0) },
  ...{ remoteHost: text, remotePort: port(0), bindAddress: text, bindPort: port(1), serverId: text },
  ...{ serverAddress: text, username: text, authType: oneOf('password', 'key'), password: text, keyPath: text },
  ...{ keyContent: text, passphrase: text },
}
