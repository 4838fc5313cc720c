/** A second start of the app: the running one shows its window. */
import { BUILD } from '@daemon/client'
import { app } from 'electron'
import type { Link } from './daemon-link'
import { startDemo } from './demo'
import { parseFlags } from './flags'
import { notify } from './notify'

export function setupSecondStart(link: Link, show: () => void): void {
  app.on('second-instance', (_event, argv, ...[, data]) => {
    const { hidden, demo } = parseFlags(argv)
    if (isOtherBuild(data)) {
      notify({
        title: 'Warren was updated',
        body: 'This window is of the version before. Quit Warren and start it again.',
      })
    }
    if (demo) startDemo(link)
    if (!hidden) show()
  })
}

// --- internal ---

/** What the second start says of itself; an older one says nothing. */
function isOtherBuild(data: unknown): boolean {
  const build = typeof data === 'object' && data !== null && 'build' in data ? data.build : undefined
  return typeof build === 'string' && build !== BUILD
}
