/** Prometheus metrics of the server. Labels are routes, never paths, so that ids do not make series. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Answer {
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
}

export interface Metrics {
  readonly answered: (answer: Answer) => void
  readonly streams: (change: 1 | -1) => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

export function createMetrics(): Metrics {
  const register = new Registry()
  const requests = new Counter({
    name: 'warren_cloud_requests_total',
    help: 'Answers by route, method and status.',
    labelNames: ['route', 'method', 'status'] as const,
    registers: [register],
  })
  const seconds = new Histogram({
    name: 'warren_cloud_request_seconds',
    help: 'Time to the answer.',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [register],
  })
  const streams = new Gauge({
    name: 'warren_cloud_event_streams',
    help: 'Open event streams.',
    registers: [register],
  })
  new Gauge({
    name: 'warren_cloud_resident_bytes',
    help: 'Memory of the process.',
    registers: [register],
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  return {
    answered: ({ route, method, status, seconds: took }) => {
      requests.inc({ route, method, status })
      seconds.observe({ route }, took)
    },
    streams: (change) => {
      streams.inc(change)
    },
    text: () => register.metrics(),
    contentType: register.contentType,
  }
}
