import type { CloudView } from '@shared/cloud-views'
import { plural } from '@shared/format'

/** What signing out would cost, in words; `null` when it costs nothing. */
export function signOutWords({ waiting, conflicts, key }: CloudView): string | null {
  const losses = [
    waiting > 0 && `${plural(waiting, 'change')} of this machine ${waiting === 1 ? 'was' : 'were'} not sent yet.`,
    conflicts > 0 && `${plural(conflicts, 'conflict')} ${conflicts === 1 ? 'is' : 'are'} not decided.`,
    key === 'ready' && 'To open shared secrets here again you need the recovery code.',
  ].filter((part) => part !== false)
  return losses.length === 0 ? null : ['Your forwards stay on this machine.', ...losses].join(' ')
}
