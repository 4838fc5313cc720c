/** How long the start took, for the log. */
import { log } from './log'

let isTold = false

/** The list is on screen and usable; the first call is the one that counts. */
export function markUsable(): void {
  if (isTold) return
  isTold = true
  log('info', `The window was usable ${Math.round(performance.now())} ms after main began`)
}
