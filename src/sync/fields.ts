/** The shared fields of a forward: which are whose, how they compare, and whether they make a forward. */
import { SEALED_PREFIX, secretFields } from '@shared/cloud'
import { cloudFieldNames, type CloudField, type CloudFields } from '@shared/cloud-views'
import { forwardDraftSchema, type ForwardType } from '@shared/specs'
import { parseServerAddress } from './server-address'
import type { Extensions, Namespace } from './types'

const LOCAL_SIDE = ['localHost', 'localPort', 'bindAddress', 'bindPort', 'username'] as const
/** Of a remote forward `bindAddress` is an address of the server. */
const LOCAL_SIDE_OF_REMOTE = ['localHost', 'localPort', 'bindPort', 'username'] as const

/** The fields whose value is each machine's own from the start: for a team its local side, for the account alone none. */
export function defaultOverrides(type: ForwardType, namespace: Namespace): CloudField[] {
  if (namespace === null) return []
  return type === 'remote' ? [...LOCAL_SIDE_OF_REMOTE] : [...LOCAL_SIDE]
}

export function isSameValue(one: CloudFields[CloudField], other: CloudFields[CloudField]): boolean {
  if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null) {
    return one.length === other.length && one.every((tag, index) => tag === other[index])
  }
  return one === other
}

/** The fields in which the two differ. */
export function differingFields(one: CloudFields, other: CloudFields): CloudField[] {
  return cloudFieldNames.filter((name) => !isSameValue(one[name], other[name]))
}

export function isSameFields(one: CloudFields, other: CloudFields): boolean {
  return differingFields(one, other).length === 0
}

/** `from` with the named fields of `other`. */
export function withFields(from: CloudFields, names: readonly CloudField[], other: CloudFields): CloudFields {
  return { ...from, ...pickFields(other, names) }
}

export function pickFields(from: CloudFields, names: readonly CloudField[]): Partial<CloudFields> {
  return Object.fromEntries(names.map((name) => [name, from[name]]))
}

/**
 * As the document can say it: port 0 of `bindPort` ("any free port") stays on the machine. What cannot be said counts as equal to what
 * comes back for it.
 */
export function sayable(fields: CloudFields): CloudFields {
  return fields.bindPort === 0 ? { ...fields, bindPort: null } : fields
}

/** The fields that this server keeps: tags and description with `details`, secrets with `sealed`. */
export function keptFields(extensions: Extensions): readonly CloudField[] {
  const secrets: readonly CloudField[] = secretFields
  return cloudFieldNames.filter((name) => {
    if (name === 'tags' || name === 'description') return extensions.has('details')
    return !secrets.includes(name) || extensions.has('sealed')
  })
}

/** The fields as a forward keeps them (a name without spaces around it), or why they make none, as `FIELD MESSAGE`. */
export function forwardOf(fields: CloudFields): CloudFields | { readonly reason: string } {
  const { serverAddress, username, password, keyContent, passphrase, ...draft } = fields
  const parsed = forwardDraftSchema.safeParse({ ...draft, serverId: 'cloud' })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { reason: issue === undefined ? 'is no forward' : `${issue.path.join('.')} ${issue.message}` }
  }
  const { name, tags, description } = parsed.data
  return { ...draft, name, tags, description, serverAddress, username, password, keyContent, passphrase }
}

/** Why the fields make no forward here; `null` when they do. */
export function forwardIssue(fields: CloudFields): string | null {
  const { serverAddress, password, keyContent, passphrase } = fields
  if (serverAddress === null || parseServerAddress(serverAddress) === null) return 'serverAddress names no server'
  if ([password, keyContent, passphrase].some((text) => text !== null && !text.startsWith(SEALED_PREFIX))) {
    return 'a secret is not sealed'
  }
  const read = forwardOf(fields)
  return 'reason' in read ? read.reason : null
}
