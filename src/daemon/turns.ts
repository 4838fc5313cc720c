/** Changes one after another, so that a check and the write it allows are never parted. */
import type { Services } from './services'

export function createTurns(): Services['inTurn'] {
  let tail: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = tail.then(work)
    tail = mine.catch(() => undefined)
    return mine
  }
}
