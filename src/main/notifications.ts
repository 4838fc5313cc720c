/** Messages of the desktop: a forward or relay failed for good, used up its quota, needs you, or runs again; the cloud wants a decision. Not while the window has the focus. */
import type { AppEvents } from '@shared/ipc'
import type { Need } from '@shared/needs'
import type { ActivityEvent } from '@shared/snapshots'
import type { Link } from './daemon-link'
import {
  newNeeds,
  noticesForCloud,
  noticesForEvents,
  noticesForNeeds,
  noticesForSlowed,
  type PlannedNotice,
} from './notice-policy'
import { notify } from './notify'
import type { WorldWatch } from './world'

/** What comes within this time is told together. */
const GATHER_MS = 600

export interface NotificationsOptions {
  readonly link: Link
  readonly watch: WorldWatch
  readonly isAllowed: () => boolean
  readonly isFocused: () => boolean
  /** Questions that a saved secret answers need nobody. */
  readonly isAnswered: (needId: string) => boolean
  readonly navigate: (to: AppEvents['app.navigate']) => void
}

export function setupNotifications(options: NotificationsOptions): void {
  const { link, watch, navigate } = options
  let events: ActivityEvent[] = []
  let needs: Need[] = []
  let seenInWorld: PlannedNotice[] = []
  let seen: ReadonlySet<string> = new Set()
  let last = watch.get()
  let timer: NodeJS.Timeout | null = null

  const tell = (): void => {
    timer = null
    const open = new Set(watch.get().needs.map(({ id }) => id))
    const unanswered = needs.filter(({ id }) => open.has(id) && !options.isAnswered(id))
    const { relays } = watch.get()
    const told = noticesForEvents(events, (id) => relays.has(id))
    const planned: readonly PlannedNotice[] = [...noticesForNeeds(unanswered), ...told, ...seenInWorld]
    events = []
    seenInWorld = []
    needs = []
    if (!options.isAllowed() || options.isFocused()) return
    for (const { title, body, to } of planned) {
      notify({
        title,
        body,
        onClick: () => {
          navigate(to)
        },
      })
    }
  }
  const gather = (): void => {
    timer ??= setTimeout(tell, GATHER_MS)
  }
  link.on('activity.added', ({ event }) => {
    events.push(event)
    gather()
  })
  watch.onChange((world) => {
    const fresh = newNeeds(seen, world.needs)
    seen = new Set(world.needs.map(({ id }) => id))
    const news = [
      ...noticesForSlowed(last.forwards, world.forwards),
      ...noticesForSlowed(last.relays, world.relays),
      ...noticesForCloud(last.cloud, world.cloud),
    ]
    last = world
    seenInWorld.push(...news)
    if (fresh.length + news.length === 0) return
    needs.push(...fresh)
    gather()
  })
}
