/** What is worth a message of the desktop. */
import type { CloudView } from '@shared/cloud-views'
import { isTeamLost } from '@shared/cloud-words'
import { plural } from '@shared/format'
import type { AppEvents } from '@shared/ipc'
import type { Need } from '@shared/needs'
import { needSentence } from '@shared/sentence'
import type { RelayView } from '@shared/relay-snapshots'
import type { ActivityEvent, ForwardView } from '@shared/snapshots'

export interface PlannedNotice {
  readonly title: string
  readonly body: string
  readonly to: AppEvents['app.navigate']
}

/** More than this at once become one message: a server that goes down takes many forwards with it. */
const MAX_SINGLE = 3

type Told = 'failed' | 'recovered'

/** The messages for what happened within a moment; a start, a stop and an interruption that may heal are not worth one. */
export function noticesForEvents(
  events: readonly ActivityEvent[],
  isRelay: IsRelay = () => false,
): readonly PlannedNotice[] {
  return [...plan(events, 'failed', isRelay), ...plan(events, 'recovered', isRelay), ...lostTeams(events)]
}

/** The messages for what runs on, but slowly, because its quota was used up between `before` and `now`. */
export function noticesForSlowed(
  before: ReadonlyMap<string, ForwardView | RelayView>,
  now: ReadonlyMap<string, ForwardView | RelayView>,
): readonly PlannedNotice[] {
  if (before === now) return []
  return [...now.values()]
    .filter(({ spec, snapshot }) => {
      const known = before.get(spec.id)
      return known !== undefined && isSlowed(snapshot.notice) && !isSlowed(known.snapshot.notice)
    })
    .map(({ spec, snapshot }) => ({
      title: `${spec.name} used up its quota`,
      body: `${snapshot.notice ?? ''}.`,
      to: { screen: 'protocol' in spec ? 'relays' : 'forwards', id: spec.id },
    }))
}

/** The messages for what the cloud wants of the person since `before`; what stood there when the app began is no news. */
export function noticesForCloud(before: CloudView | null, now: CloudView | null): readonly PlannedNotice[] {
  if (before === null || now === null || before === now) return []
  const added = now.conflicts - before.conflicts
  const conflicts: PlannedNotice = {
    title: `${plural(added, 'forward')} ${added === 1 ? 'was' : 'were'} changed on both sides`,
    body: 'Nothing was overwritten. Decide what holds.',
    to: { screen: 'cloud', id: 'inbox' },
  }
  const login: PlannedNotice = {
    title: 'The cloud server wants a login again',
    body: now.fault?.message ?? 'What you change here waits until you sign in.',
    to: { screen: 'cloud', id: null },
  }
  const isLoginNew = now.state === 'login-needed' && before.state !== 'login-needed'
  return [...(added > 0 ? [conflicts] : []), ...(isLoginNew ? [login] : [])]
}

/** The message for questions that appeared. */
export function noticesForNeeds(needs: readonly Need[]): readonly PlannedNotice[] {
  if (needs.length > MAX_SINGLE) {
    return [{ title: 'Warren needs you', body: `${needs.length} questions wait for you.`, to: forwards(null) }]
  }
  return needs.map((need) => ({
    title: `${need.server} needs you`,
    body: `${needSentence(need)}.`,
    to: forwards(need.forwardIds[0] ?? null),
  }))
}

/** The needs that were not there before. */
export function newNeeds(before: ReadonlySet<string>, now: readonly Need[]): readonly Need[] {
  return now.filter(({ id }) => !before.has(id))
}

// --- internal ---

type IsRelay = (id: string) => boolean

const words: Readonly<Record<Told, { one: string; many: string }>> = {
  failed: { one: 'failed', many: 'failed' },
  recovered: { one: 'runs again', many: 'run again' },
}

/** How the engine begins to say it, of a day and of a month alike. */
function isSlowed(notice: string | null): boolean {
  return notice !== null && /^the quota of .+ is used up/i.test(notice)
}

function titleOf({ subject, code }: ActivityEvent, kind: Told): string {
  if (code === 'limit.quota') return `${subject} used up its quota`
  if (code === 'limit.expired') return `The time of ${subject} is over`
  return `${subject} ${words[kind].one}`
}

function plan(events: readonly ActivityEvent[], kind: Told, isRelay: IsRelay): readonly PlannedNotice[] {
  // The last word about each forward counts.
  const latest = new Map<string | null, ActivityEvent>()
  for (const event of events) {
    latest.delete(event.forwardId)
    latest.set(event.forwardId, event)
  }
  const told = [...latest.values()].filter((event) => event.kind === kind && event.forwardId !== null)
  if (told.length > MAX_SINGLE) {
    const names = told.slice(0, MAX_SINGLE).map(({ subject }) => subject)
    const body = `${names.join(', ')} and ${told.length - MAX_SINGLE} more`
    const relays = told.filter(({ forwardId }) => forwardId !== null && isRelay(forwardId)).length
    const what = relays === 0 ? 'forwards' : relays === told.length ? 'relays' : 'forwards and relays'
    const to = relays === told.length ? ({ screen: 'relays', id: null } as const) : forwards(null)
    return [{ title: `${told.length} ${what} ${words[kind].many}`, body, to }]
  }
  return told.map((event) => {
    const { message, forwardId } = event
    const screen = forwardId !== null && isRelay(forwardId) ? 'relays' : 'forwards'
    return { title: titleOf(event, kind), body: message, to: { screen, id: forwardId } }
  })
}

/** A team that somebody else ended for this person. */
function lostTeams(events: readonly ActivityEvent[]): readonly PlannedNotice[] {
  return events
    .filter(isTeamLost)
    .map(({ subject, message }) => ({ title: `Team ${subject}`, body: message, to: { screen: 'cloud', id: null } }))
}

function forwards(id: string | null): AppEvents['app.navigate'] {
  return { screen: 'forwards', id }
}
