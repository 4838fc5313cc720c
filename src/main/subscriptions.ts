/** Which notifications the app asks the daemon for, and which of them a window gets. */
import { topicOf, type RpcNotification, type Topic } from '@shared/rpc'

export interface Subscription {
  readonly topics: readonly Topic[]
  /** Narrows `connections` and `logs`. */
  readonly forwardId: string | null
}

export const noSubscription: Subscription = { topics: [], forwardId: null }

/** What main needs for the tray, notifications and saved secrets, whether or not there is a window. */
const ownTopics: readonly Topic[] = ['forwards', 'relays', 'needs', 'activity', 'cloud']
/** Sampled afresh every second: worth nothing to a window that nobody sees. */
const samples: ReadonlySet<Topic> = new Set(['rates', 'connections'])

export interface Audience {
  readonly window: Subscription
  readonly windowVisible: boolean
  /** Whether the tray has a rate to show. */
  readonly trayRates: boolean
}

/** The one subscription of this client: what main and its window need together. */
export function subscriptionFor(audience: Audience): Subscription {
  const topics = new Set<Topic>(ownTopics)
  if (audience.trayRates) topics.add('rates')
  for (const topic of audience.window.topics) {
    if (audience.windowVisible || !samples.has(topic)) topics.add(topic)
  }
  return { topics: [...topics].sort(), forwardId: audience.window.forwardId }
}

/** Whether the window asked for this notification. */
export function windowWants(window: Subscription, name: RpcNotification): boolean {
  return window.topics.includes(topicOf[name])
}

export function sameSubscription(one: Subscription, other: Subscription): boolean {
  return one.forwardId === other.forwardId && one.topics.join() === other.topics.join()
}
