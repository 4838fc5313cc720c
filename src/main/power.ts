/** Tells the daemon that the machine woke up; changes of the network it sees itself. */
import { powerMonitor } from 'electron'
import type { Link } from './daemon-link'
import { log } from './log'

export function setupPower(link: Link): void {
  powerMonitor.on('resume', () => {
    if (link.state().state !== 'connected') return
    link.call('network.changed', {}).catch((error: unknown) => {
      log('warn', 'The daemon could not be told of the wake-up', error)
    })
  })
}
