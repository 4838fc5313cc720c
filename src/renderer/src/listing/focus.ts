/** Where the focus goes when what had it is gone, and the ways for keys to reach the list and the search box. */

interface Places {
  list: ((key?: string) => void) | null
  search: (() => void) | null
}
const places: Places = { list: null, search: null }

/** The list and the search box say how to focus them while they are on screen. */
export function offerFocus(place: keyof Places, take: (key?: string) => void): () => void {
  places[place] = take
  return () => {
    if (places[place] === take) places[place] = null
  }
}

export function focusSearch(): void {
  places.search?.()
}

export function focusList(key?: string): void {
  places.list?.(key)
}

/** After something closed: the list takes the focus, unless it went somewhere by itself. */
export function focusBackToList(): void {
  if (document.activeElement === null || document.activeElement === document.body) places.list?.()
}
