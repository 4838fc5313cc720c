/** What happened, for people. */
import type { ActivityEvent } from '@shared/snapshots'
import type { Hub } from './hub'
import { redact } from './redact'
import type { Store } from './store/index'
import type { Warnings } from './warnings'

export type Happening = Pick<ActivityEvent, 'kind' | 'subject' | 'message'> &
  Partial<Pick<ActivityEvent, 'forwardId' | 'serverId' | 'code'>>

export interface Activity {
  readonly add: (happening: Happening) => void
  readonly list: (limit: number, before?: number) => Promise<readonly ActivityEvent[]>
  /** Resolves when what was added so far is saved. */
  readonly settled: () => Promise<void>
}

export interface ActivityOptions {
  readonly store: Pick<Store, 'addActivity' | 'listActivity'>
  readonly hub: Pick<Hub, 'publish'>
  readonly warnings: Warnings
  readonly now: () => number
  readonly secrets: () => Iterable<string>
}

export function createActivity(options: ActivityOptions): Activity {
  const { store, hub, warnings } = options
  let tail: Promise<void> = Promise.resolve()
  return {
    add: (happening) => {
      const event = {
        at: new Date(options.now()).toISOString(),
        kind: happening.kind,
        forwardId: happening.forwardId ?? null,
        serverId: happening.serverId ?? null,
        subject: happening.subject,
        message: redact(happening.message, options.secrets()),
        code: happening.code ?? null,
      }
      tail = tail.then(async () => {
        const id = await warnings.tolerate(() => store.addActivity(event))
        // What a full disk did not take is still told, without an id that could be asked for again.
        hub.publish('activity.added', { event: { ...event, id: id ?? 0 } })
      })
    },
    list: (limit, before) => store.listActivity(limit, before),
    settled: () => tail,
  }
}
