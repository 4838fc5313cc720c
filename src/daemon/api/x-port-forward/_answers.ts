/** What is answered: the envelope, and the codes with their texts. */
import { errorCodes, WarrenError } from '@shared/errors'

export interface Answer {
  readonly code: 200 | 403 | 500
  readonly message: string
  readonly data: '' | Readonly<Record<string, unknown>>
}

/** Every failure of an action. Success has codes of its own: see {@link succeed}. */
export const failures = {
  0: 'Sync Error: Time out to channel add data,Please Manual Reload This Forward',
  1: 'Unknow Forward Type',
  2: 'Incomplete parameters',
  3: 'Insert To Database Error: ',
  4: 'Incomplete parameters',
  5: 'Forward Not Found',
  6: 'Unknow Forward Type',
  7: 'Update To Database Error: ',
  8: 'Incomplete parameters',
  9: 'Forward Not Found',
  10: 'Delete To Database Error: ',
  11: 'Incomplete parameters',
  12: 'Forward Not Found',
  13: 'Status Not Allow',
  14: 'Update To Database Error: ',
  15: 'Incomplete parameters',
  16: 'Forward Not Found',
  18: 'Incomplete parameters',
  19: 'Forward Not Found',
  21: 'Incomplete parameters',
  22: 'Forward Not Found',
  23: 'Update To Database Error: ',
  25: 'Incomplete parameters',
  26: 'Forward Not Found',
  27: 'Forward Found',
  28: 'Listen Port Exist',
  29: 'Listen Port Exist',
  31: 'Incomplete parameters',
  32: 'Forward Found',
  33: 'Incomplete parameters',
} as const
export type FailureCode = keyof typeof failures

/** The action succeeded. Only those that ask for something have a code and a message. */
export function succeed(code: 17 | 20 | 24 | 30 | 34 | null, more: Readonly<Record<string, unknown>> = {}): Answer {
  const asked = code === null ? {} : { Code: code, Message: 'Success' }
  return { code: 200, message: 'Success', data: { ...more, ...asked, Status: 'Success' } }
}

/** The action failed; `why` goes behind the text of those that name a cause. */
export function fail(code: Exclude<FailureCode, 0>, why = ''): Answer {
  return { code: 200, message: 'Success', data: { Code: code, Message: failures[code] + why, Status: 'error' } }
}

/** It is written down, but the engine did not follow. The inner `message` is lower case here and only here. */
export function failSync(more: Readonly<Record<string, unknown>> = {}): Answer {
  return { code: 200, message: 'Sync Error', data: { ...more, Code: 0, Status: 'error', message: failures[0] } }
}

/** The call as a whole is refused: the data is an empty string. */
export function refuse(code: 403 | 500, message: string): Answer {
  return { code, message, data: '' }
}

export const authError = refuse(403, 'Auth Error')
export const noAction = refuse(403, 'Action cannot be empty')
export const unknownAction = refuse(403, 'Action Not Found')
export const wrongParameterCount = refuse(500, 'The number of params is not adapted.')
export const callFailed = refuse(500, 'Module call failed.')

/** Code, message and data in this order, the members of maps by name; characters that HTML could stumble over as `\u003c`. */
export function encode({ code, message, data }: Answer): string {
  return JSON.stringify({ code, message, data: sorted(data) }).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `200/27 Forward Found`, for the audit. */
export function inShort({ code, message, data }: Answer): string {
  if (data === '') return `${code} ${message}`
  const inner = data['Code']
  const text = data['Message'] ?? data['message'] ?? data['Status']
  return `${code}${typeof inner === 'number' ? `/${inner}` : ''} ${String(text)}`
}

/** What failed, without paths of this machine. */
export function storeReason(error: unknown): string {
  return error instanceof WarrenError ? errorCodes[error.code].title : 'the data file does not take it'
}

// --- internal ---

/** Lists keep the order of their members' fields. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
