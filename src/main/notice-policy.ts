/** What is worth a message of the desktop. */
import type { AppEvents } from '@shared/ipc'
import type { Need } from '@shared/needs'
import { needSentence } from '@shared/sentence'
import type { ActivityEvent } from '@shared/snapshots'

export interface PlannedNotice {
  readonly title: string
  readonly body: string
  readonly to: AppEvents['app.navigate']
}

/** More than this at once become one message: a server that goes down takes many forwards with it. */
const MAX_SINGLE = 3

type Told = 'failed' | 'recovered'

/** The messages for what happened within a moment; a start, a stop and an interruption that may heal are not worth one. */
export function noticesForEvents(events: readonly ActivityEvent[]): readonly PlannedNotice[] {
  return [...plan(events, 'failed'), ...plan(events, 'recovered')]
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

const words: Readonly<Record<Told, { one: string; many: string }>> = {
  failed: { one: 'failed', many: 'forwards failed' },
  recovered: { one: 'runs again', many: 'forwards run again' },
}

function plan(events: readonly ActivityEvent[], kind: Told): readonly PlannedNotice[] {
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
    return [{ title: `${told.length} ${words[kind].many}`, body, to: forwards(null) }]
  }
  return told.map(({ subject, message, forwardId }) => ({
    title: `${subject} ${words[kind].one}`,
    body: message,
    to: forwards(forwardId),
  }))
}

function forwards(id: string | null): AppEvents['app.navigate'] {
  return { screen: 'forwards', id }
}
