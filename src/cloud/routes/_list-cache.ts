/**
 * Lists as they were answered last. Clients without event streams ask for the same list again and again; its cursor, which is read from
 * the database each time, tells whether it is still the same: every change of a list moves its cursor, and no cursor comes back.
 */

/** Characters, of all lists together. */
const MAX_SIZE = 32 * 1024 * 1024

export interface ListCache {
  /** `read` is called when the cursor moved. It must be called after the cursor was read: what it finds is that old at most. */
  readonly answer: (list: string, cursor: number, read: () => Promise<string>) => Promise<string>
}

export function createListCache(maxSize = MAX_SIZE): ListCache {
  const known = new Map<string, { readonly cursor: number; readonly text: string }>()
  let size = 0
  const forget = (list: string): void => {
    size -= known.get(list)?.text.length ?? 0
    known.delete(list)
  }
  return {
    answer: async (list, cursor, read) => {
      const before = known.get(list)
      const text = before?.cursor === cursor ? before.text : await read()
      forget(list)
      if (text.length > maxSize) return text
      // Used last, forgotten last.
      known.set(list, { cursor, text })
      size += text.length
      for (const oldest of known.keys()) {
        if (size <= maxSize) break
        forget(oldest)
      }
      return text
    },
  }
}
