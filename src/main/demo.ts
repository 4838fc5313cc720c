/** `--demo`: the daemon makes its demo server and sample forwards, once. */
import type { Link } from './daemon-link'
import { log } from './log'

export function startDemo(link: Link): void {
  link.call('demo.start', {}).catch((error: unknown) => {
    log('warn', 'The demo could not be made', error)
  })
}
