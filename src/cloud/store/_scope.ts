/** What a cursor counts in: one person's own forwards, or a team's. */

/** Whose forward it is: a person's own, or a team's. */
export interface Owner {
  readonly userId: string
  readonly namespace: string | null
}

export function scopeOf({ userId, namespace }: Owner): string {
  return namespace === null ? `personal:${userId}` : `team:${namespace}`
}
