/** A second start of the app: the running one shows its window. */
import { app } from 'electron'
import type { Link } from './daemon-link'
import { startDemo } from './demo'
import { parseFlags } from './flags'

export function setupSecondStart(link: Link, show: () => void): void {
  app.on('second-instance', (_event, argv) => {
    const { hidden, demo } = parseFlags(argv)
    if (demo) startDemo(link)
    if (!hidden) show()
  })
}
