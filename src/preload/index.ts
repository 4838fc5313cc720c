/**
 * The one file that touches `ipcRenderer`.
 *
 * It loops over the lists of the contract and exposes one closure per request: a page can name no other channel, and never
 * gets hold of an Electron object (an event's `sender` would be one).
 */
import { contextBridge, ipcRenderer } from 'electron'
import type { Api } from '@shared/ipc'
import { APP_CHANNEL, appMethods, DAEMON_CHANNEL, EVENT_CHANNEL, windowEvents, windowMethods } from '@shared/ipc-names'

type Listener = (payload: unknown) => void

const listeners = new Map<string, Set<Listener>>(windowEvents.map((event) => [event, new Set()]))

ipcRenderer.on(EVENT_CHANNEL, (_event, name: unknown, payload: unknown) => {
  if (typeof name !== 'string') return
  for (const listener of [...(listeners.get(name) ?? [])]) listener(payload)
})

function on(event: unknown, listener: unknown): () => void {
  const known = typeof event === 'string' ? listeners.get(event) : undefined
  if (known === undefined) throw new TypeError(`There is no event called ${String(event)}`)
  if (typeof listener !== 'function') throw new TypeError('A listener must be a function')
  // A wrapper of its own for every call, so that each `off` ends exactly one subscription.
  const one: Listener = (payload) => void (listener as Listener)(payload)
  known.add(one)
  return () => void known.delete(one)
}

function closures(channel: string, methods: readonly string[]): Record<string, (params: unknown) => Promise<unknown>> {
  return Object.fromEntries(
    methods.map((method) => [method, (params: unknown) => ipcRenderer.invoke(channel, method, params)]),
  )
}

const api = {
  daemon: closures(DAEMON_CHANNEL, windowMethods),
  app: closures(APP_CHANNEL, appMethods),
  on,
} as unknown as Api

contextBridge.exposeInMainWorld('api', api)
