/** How long the start took, for the log and the benchmark. */
import { app } from 'electron'
import { log } from './log'

let isTold = false

/** Milliseconds from the start of the process to now; the first call is the one that counts. */
export function markUsable(): void {
  if (isTold) return
  isTold = true
  const [main] = app.getAppMetrics().filter(({ type }) => type === 'Browser')
  const startedAt = process.getCreationTime() ?? main?.creationTime ?? Date.now()
  log('info', `The window was usable ${Math.round(Date.now() - startedAt)} ms after the start`)
}
