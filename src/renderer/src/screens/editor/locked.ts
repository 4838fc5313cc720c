import type { FormField } from './form-fields'
import type { ForwardFormState } from './use-forward-form'

/** Id of the sentence that says why fields are read-only. */
export const LOCK_REASON = 'shared-read-only'

/** For a field: read-only, with the sentence why, where what it holds is shared and this account may not change it. */
export function lockOf(
  { sharing }: Pick<ForwardFormState, 'sharing'>,
  field: FormField,
): { readonly readOnly?: boolean; readonly describedBy?: string } {
  return sharing.isLocked(field) ? { readOnly: true, describedBy: LOCK_REASON } : {}
}
