/** Between a forward here and what the cloud says of it. */
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { isExposed, listenEndpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import { forwardSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { formatServerAddress, type Namespace } from '@sync'
import { isForwardRow } from '../ssh-config'
import type { SealedSecrets } from '../store/index'

export const NO_SECRETS: SealedSecrets = { password: null, keyContent: null, passphrase: null }

/** The values of a forward here, its own ones among them. */
export function fieldsOf(spec: ForwardSpec, server: ServerSpec, secrets: SealedSecrets): CloudFields {
  return {
    ...{ name: spec.name, type: spec.type, localHost: spec.localHost, localPort: spec.localPort },
    ...{ remoteHost: spec.remoteHost, remotePort: spec.remotePort },
    ...{ bindAddress: spec.bindAddress, bindPort: spec.bindPort },
    ...{ serverAddress: formatServerAddress(server), username: server.username },
    ...{ tags: spec.tags, description: spec.description },
    ...secrets,
  }
}

export function secretsOf({ password, keyContent, passphrase }: CloudFields): SealedSecrets {
  return { password, keyContent, passphrase }
}

/** What a spec takes from the cloud; server and secrets are kept elsewhere. */
const specFields = [
  ...(['name', 'type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress', 'bindPort'] as const),
  ...(['tags', 'description'] as const),
] as const satisfies readonly (CloudField & keyof ForwardSpec)[]

/** `before` with the values of the cloud, but for those that are this machine's own. `null` when they make no forward. */
export function specWith(
  before: ForwardSpec,
  fields: CloudFields,
  more: { readonly overrides: readonly CloudField[]; readonly serverId: string; readonly at: string },
): ForwardSpec | null {
  const taken = specFields.filter((name) => !more.overrides.includes(name)).map((name) => [name, fields[name]] as const)
  const wanted = { ...before, ...Object.fromEntries(taken), serverId: more.serverId }
  const parsed = forwardSpecSchema.safeParse({ ...wanted, updatedAt: more.at })
  if (parsed.success) return parsed.data
  // A forward of another kind cannot be asked after its health in the old way.
  const plain = forwardSpecSchema.safeParse({ ...wanted, ...plainKinds, updatedAt: more.at })
  return plain.success ? plain.data : null
}

/** The field that says on which port of this machine it listens; `null` when it listens on the server, or on a path. */
export function portField(
  fields: Pick<CloudFields, 'type' | 'localHost' | 'bindAddress' | 'bindPort'>,
): 'localPort' | 'bindPort' | null {
  if (fields.type === 'remote') return null
  const host = fields.bindAddress ?? (fields.type === 'local' ? fields.localHost : null)
  if (host?.startsWith('/') === true) return null
  return fields.type === 'dynamic' || fields.bindPort !== null ? 'bindPort' : 'localPort'
}

/** A team's suggestion for the side of this machine: other machines are let in by nobody but the person here. */
export function withoutExposure(fields: CloudFields, namespace: Namespace): CloudFields {
  if (namespace === null || fields.type === 'remote') return fields
  const end = listenEndpoint(fields)
  const isPath = 'path' in end
  if (!isPath && !isExposed(end)) return fields
  return fields.type === 'local' ? { ...fields, bindAddress: null, localHost: null } : { ...fields, bindAddress: null }
}

/** Throws `cloud.refused` naming why a forward cannot be said to the cloud. */
export function refuseUnsayable(spec: ForwardSpec, server: ServerSpec): void {
  const refuse = (why: string, field: string): never => {
    throw new WarrenError('cloud.refused', `${spec.name} cannot be shared: ${why}.`, {
      fix: 'Keep it on this machine only, or share another one in its place.',
      field,
    })
  }
  if (isForwardRow(spec.id) || spec.configLine !== null) refuse('it comes from the ssh config of this machine', 'id')
  if (spec.portCount > 1) refuse(`a range of ${spec.portCount} ports is more than the cloud can say`, 'portCount')
  if (server.demo) refuse('it goes to the demo server inside this Warren', 'serverId')
}

// --- internal ---

const plainKinds = { health: null, onDemand: false, proxyUsername: null, servePac: false } as const
