import type { Fault } from './errors'

/** An outcome as data, for borders that lose everything of an Error but its message. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }
