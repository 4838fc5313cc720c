/** The control APIs and the traffic report, put together. */
import type { Clock } from '@engine'
import { openApiHost, type ApiHost } from './api/host'
import { createMetrics } from './api/metrics'
import { createReporter, createXPortForward, type Reporter } from './api/x-port-forward'
import { checkPort } from './port-check'
import type { Services } from './services'

/** What is there before they are. */
export type ControlParts = Pick<
  Services,
  'store' | 'secrets' | 'warnings' | 'hub' | 'books' | 'engine' | 'relays' | 'places'
> & {
  readonly clock: Clock
  readonly log: (message: string) => void
  /** Asked when an API is called or started, and so complete by then. */
  readonly services: () => Services
  /** An API is served, or no more. */
  readonly onServing: () => void
}

export interface Control {
  readonly apis: ApiHost
  readonly report: Reporter
}

export async function openControl(parts: ControlParts): Promise<Control> {
  const { store, secrets, warnings, hub, books, engine, relays, clock, log, services } = parts
  const tell = (): void => {
    hub.publish('apis.changed', { apis: apis.views(), report: report.state() })
  }
  const apis = await openApiHost({
    ...{ store, secrets, warnings, log, now: clock.now },
    factories: {
      'x-port-forward': (context) => createXPortForward(services(), context),
      metrics: (context) => createMetrics(services(), context),
    },
    portFault: async (host, port) => (await checkPort(services(), { host, port, protocol: 'tcp' })).fault,
    onChange: () => {
      tell()
      parts.onServing()
    },
  })
  const report = createReporter({
    ...{ store, clock, books, warnings, log, folder: parts.places.home, onChange: tell },
    running: () => [...relays.active()].filter((id) => isUp(engine.relays.snapshot(id).state)),
  })
  return { apis, report }
}

function isUp(state: string): boolean {
  return state === 'running' || state === 'degraded'
}
