import type { OptionValue, Origin } from './types'

/**
 * What has been set so far: the first value of an option wins, lists grow.
 *
 * Keys are the lower-case names of options; a key with a dot holds a part of an option that ssh keeps apart
 * (`rekeylimit.interval`).
 */
export interface Settings {
  /** Sets it unless it is set. */
  readonly once: (key: string, value: string, origin: Origin) => void
  /** Sets it, whatever it was. */
  readonly replace: (key: string, value: string, origin: Origin) => void
  readonly remove: (key: string) => void
  readonly get: (key: string) => OptionValue | undefined
  readonly list: (key: string) => readonly OptionValue[]
  readonly append: (key: string, value: string, origin: Origin) => void
  readonly setList: (key: string, values: readonly OptionValue[]) => void
}

export function createSettings(): Settings {
  const values = new Map<string, OptionValue>()
  const lists = new Map<string, readonly OptionValue[]>()
  const list = (key: string): readonly OptionValue[] => lists.get(key) ?? []
  return {
    once: (key, value, origin) => {
      if (!values.has(key)) values.set(key, { value, origin })
    },
    replace: (key, value, origin) => {
      values.set(key, { value, origin })
    },
    remove: (key) => {
      values.delete(key)
    },
    get: (key) => values.get(key),
    list,
    append: (key, value, origin) => {
      lists.set(key, [...list(key), { value, origin }])
    },
    setList: (key, entries) => {
      lists.set(key, entries)
    },
  }
}
