/** Passes daemon requests of the window on, and to the window what it subscribed to. */
import type { WindowMethod } from '@shared/ipc'
import type { Need } from '@shared/needs'
import { topicOf, type RpcNotification, type RpcParams, type RpcParsed } from '@shared/rpc'
import type { Link } from './daemon-link'
import { noSubscription, subscriptionFor, windowWants, type Subscription } from './subscriptions'
import type { Windows } from './windows'

export interface WindowFeedOptions {
  readonly link: Link
  readonly windows: Pick<Windows, 'send' | 'isVisible'>
  /** Whether the tray has a rate to show. */
  readonly trayRates: () => boolean
  /** Whether a saved secret is answering this question: the window must not ask then. */
  readonly isAnswering: (needId: string) => boolean
  readonly onError: (error: unknown) => void
}

export interface WindowFeed {
  readonly request: (method: WindowMethod, params: unknown) => Promise<unknown>
  /** The page is gone: it hears nothing more. */
  readonly reset: () => void
  /** Asks the daemon for what is needed now. */
  readonly refresh: () => void
}

export function createWindowFeed(options: WindowFeedOptions): WindowFeed {
  const { link, windows } = options
  let window: Subscription = noSubscription

  const subscribe = (): Promise<void> =>
    link.subscribe(subscriptionFor({ window, windowVisible: windows.isVisible(), trayRates: options.trayRates() }))
  const unanswered = (needs: readonly Need[]): readonly Need[] => needs.filter(({ id }) => !options.isAnswering(id))

  for (const name of Object.keys(topicOf) as RpcNotification[]) {
    link.on(name, (payload) => {
      if (!windowWants(window, name)) return
      windows.send(name, 'needs' in payload ? { needs: unanswered(payload.needs) } : payload)
    })
  }

  return {
    request: async (method, params) => {
      if (method === 'events.subscribe') {
        const { topics, forwardId } = params as RpcParsed<'events.subscribe'>
        window = { topics, forwardId }
        await subscribe()
        return null
      }
      // The pair was parsed together at the door; the compiler sees them apart.
      const result = await link.call(method, params as RpcParams<typeof method>)
      return method === 'needs.list' ? unanswered(result as readonly Need[]) : result
    },
    reset: () => {
      window = noSubscription
      subscribe().catch(options.onError)
    },
    refresh: () => {
      subscribe().catch(options.onError)
    },
  }
}
