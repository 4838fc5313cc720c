import type { SyncState } from '@shared/cloud-views'
import type { ForwardState } from '@shared/snapshots'

/** The mark of a state of sync: the same shapes as for forwards. */
export function syncGlyph(state: SyncState): ForwardState {
  switch (state) {
    case 'signed-out':
      return 'stopped'
    case 'starting':
      return 'connecting'
    case 'in-sync':
      return 'running'
    case 'waiting':
    case 'offline':
      return 'waiting'
    case 'conflict':
    case 'login-needed':
      return 'needs-you'
  }
}
