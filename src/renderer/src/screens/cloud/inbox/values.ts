import { PERSONAL, type CloudConflict, type CloudField, type CloudFields } from '@shared/cloud-views'
import { fieldValue } from '@shared/cloud-words'

/** A value of one side beside the last common one. Sealed text cannot be compared by eye, so it says whether it is a new one. */
export function sideValue(side: CloudFields | null, base: CloudFields | null, field: CloudField): string | null {
  const value = fieldValue(side, field)
  if (value !== 'sealed' || side === null || base === null) return value
  return side[field] === base[field] ? 'sealed' : 'sealed, a new one'
}

/** `ops`, or `your account` for what is personal. */
export function placeOf({ namespace, space }: Pick<CloudConflict, 'namespace' | 'space'>): string {
  return namespace === PERSONAL ? 'your account' : space
}
