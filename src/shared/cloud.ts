/** What the cloud server and its clients agree on beyond the document of the `/port-forwards` API. */

/** Announced in the header of every answer by a server that knows more than the document. */
export const EXTENSIONS_HEADER = 'warren-extensions'
export const extensions = [
  /** `ETag` and `If-Match` on a forward. */
  'etag',
  /** `GET /port-forwards?since=CURSOR` with tombstones. */
  'since',
  /** `GET /port-forwards/events`, server-sent events. */
  'events',
  /** `start` and `stop` name a device; `status` lists all that run it. */
  'activity',
  /** `tags` and `description`. */
  'details',
  /** Sealed text in the secret fields, and keys for it under `/keys` and `/teams/:id/keys`. */
  'sealed',
  /** `/teams`. */
  'teams',
] as const
export type Extension = (typeof extensions)[number]

/** How text begins that was sealed on a member's machine. A server keeps no other text in a secret field. */
export const SEALED_PREFIX = 'warren-sealed:1:'

/** The fields of a forward that hold secrets. */
export const secretFields = ['password', 'keyContent', 'passphrase'] as const

/** Elements of one sync. */
export const MAX_SYNC = 10_000
