/** Tells the clients what they subscribed to. */
import { topicOf, type RpcNotification, type RpcNotifications, type Topic } from '@shared/rpc'
import type { Peer, Subscription } from './rpc/peer'

export interface Hub {
  readonly attach: (peer: Peer) => void
  readonly peers: () => readonly Peer[]
  readonly subscribe: (peer: Peer, subscription: Subscription) => void
  readonly publish: <N extends RpcNotification>(name: N, payload: RpcNotifications[N]) => void
  readonly subscribers: (topic: Topic) => readonly Peer[]
  /** Called when a client comes, goes or changes what it wants. */
  readonly onChange: (listener: () => void) => void
}

export function createHub(): Hub {
  const peers = new Set<Peer>()
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const subscribers = (topic: Topic): readonly Peer[] =>
    [...peers].filter((peer) => peer.subscription().topics.has(topic))
  return {
    attach: (peer) => {
      peers.add(peer)
      peer.onClose(() => {
        peers.delete(peer)
        changed()
      })
      changed()
    },
    peers: () => [...peers],
    subscribe: (peer, subscription) => {
      peer.subscribe(subscription)
      changed()
    },
    publish: (name, payload) => {
      for (const peer of subscribers(topicOf[name])) peer.send(name, payload)
    },
    subscribers,
    onChange: (listener) => {
      listeners.add(listener)
    },
  }
}
