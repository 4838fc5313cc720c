/** The fields of a shared forward as they are on this machine. */
import { fieldValue } from '@shared/cloud-words'
import type { CloudField, CloudFields } from '@shared/cloud-views'
import type { ForwardView } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { serverLogin } from '../servers'

/** Printed as {@link fieldValue} prints the shared ones; `null` for secrets, which are not told. */
export function valuesHere(
  { spec }: ForwardView,
  server: ServerSpec | undefined,
): (field: CloudField) => string | null {
  return (field) => {
    switch (field) {
      case 'serverAddress':
        return server === undefined ? null : serverLogin({ ...server, username: null })
      case 'username':
        return server?.username ?? null
      case 'password':
      case 'keyContent':
      case 'passphrase':
        return null
      default: {
        const value: CloudFields[typeof field] = spec[field]
        return value === null || value === '' ? null : typeof value === 'object' ? value.join(', ') : String(value)
      }
    }
  }
}

/** What is this machine's own and another value than the others have. */
export function fieldsApart(view: ForwardView, server: ServerSpec | undefined): readonly CloudField[] {
  const { cloud } = view
  if (cloud === null) return []
  const here = valuesHere(view, server)
  return cloud.overrides.filter((field) => here(field) !== fieldValue(cloud.shared, field))
}
