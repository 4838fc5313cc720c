/** What is measured, and how it is called. Names and labels are a contract: dashboards ask for them. */
import { Counter, Gauge, Registry } from 'prom-client'
import { relayStates, type LimitDrops } from '@shared/relay-snapshots'
import { forwardStates } from '@shared/snapshots'
import { BUILD, VERSION } from '../build'
import type { MetricsSource } from './metrics'

const SECOND_MS = 1000
const MICROSECONDS = 1_000_000

export interface MetricsRegistry {
  readonly contentType: string
  readonly metrics: () => Promise<string>
}

/** A registry of its own: nothing is measured while nobody asks. */
export function createMetricsRegistry(source: MetricsSource): MetricsRegistry {
  const registry = new Registry()
  const registers = [registry]
  aboutDaemon(source, registers)
  aboutRules(source, registers)
  aboutUsage(source, registers)
  return { contentType: registry.contentType, metrics: () => registry.metrics() }
}

// --- internal ---

const ruleLabels = ['name', 'id', 'kind'] as const
type RuleLabels = Readonly<Record<(typeof ruleLabels)[number], string>>

/** A forward or relay, as both are measured. */
interface Rule {
  readonly labels: RuleLabels
  readonly state: string
  readonly states: readonly string[]
  readonly wanted: boolean
  readonly connections: number
  readonly totalConnections: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reconnects: number
  readonly drops: LimitDrops
}

function rulesOf({ catalog, engine, watch, relays }: MetricsSource): readonly Rule[] {
  return [
    ...catalog.forwards().map(({ spec: { id, name, type } }) => {
      const snapshot = engine.snapshot(id)
      const reconnects = watch.reconnects(id)
      return { ...snapshot, labels: { name, id, kind: type }, states: forwardStates, reconnects }
    }),
    ...catalog.relays().map(({ spec: { id, name, protocol } }) => {
      const snapshot = engine.relays.snapshot(id)
      const reconnects = relays.reconnects(id)
      return { ...snapshot, labels: { name, id, kind: protocol }, states: relayStates, reconnects }
    }),
  ]
}

function aboutDaemon({ startedAt, warnings }: MetricsSource, registers: Registry[]): void {
  gauge('warren_info', 'The version of Warren; always 1.', {
    ...{ registers, labelNames: ['version', 'build', 'node'] },
    collect: (set) => set({ version: VERSION, build: BUILD, node: process.version }, 1),
  })
  gauge('warren_warnings', 'Things a person should know at once.', {
    ...{ registers, labelNames: ['code'] },
    collect: (set) => {
      const codes = warnings.list().map(({ code }) => code)
      for (const code of new Set(codes)) set({ code }, codes.filter((one) => one === code).length)
    },
  })
  gauge('process_start_time_seconds', 'When the daemon started, in Unix seconds.', {
    ...{ registers, labelNames: [] },
    collect: (set) => set({}, Date.parse(startedAt) / SECOND_MS),
  })
  gauge('process_resident_memory_bytes', 'Memory of the daemon.', {
    ...{ registers, labelNames: [] },
    collect: (set) => set({}, process.memoryUsage.rss()),
  })
  counter('process_cpu_seconds_total', 'Processor time that the daemon used.', {
    ...{ registers, labelNames: [] },
    collect: (set) => {
      const { user, system } = process.cpuUsage()
      set({}, (user + system) / MICROSECONDS)
    },
  })
}

function aboutRules(source: MetricsSource, registers: Registry[]): void {
  const each =
    (tell: (rule: Rule, set: Set) => void) =>
    (set: Set): void => {
      for (const rule of rulesOf(source)) tell(rule, set)
    }
  gauge('warren_state', '1 for the state that a forward or relay is in, 0 for its others.', {
    ...{ registers, labelNames: [...ruleLabels, 'state'] },
    collect: each(({ labels, state, states }, set) => {
      for (const one of states) set({ ...labels, state: one }, Number(one === state))
    }),
  })
  gauge('warren_wanted', '1 when a person wants it to run.', {
    ...{ registers, labelNames: ruleLabels },
    collect: each(({ labels, wanted }, set) => set(labels, Number(wanted))),
  })
  gauge('warren_connections', 'Live connections, or UDP sessions.', {
    ...{ registers, labelNames: ruleLabels },
    collect: each(({ labels, connections }, set) => set(labels, connections)),
  })
  counter('warren_connections_total', 'Connections since the daemon started.', {
    ...{ registers, labelNames: ruleLabels },
    collect: each(({ labels, totalConnections }, set) => set(labels, totalConnections)),
  })
  counter('warren_bytes_total', 'Payload bytes since the daemon started. up: what clients sent.', {
    ...{ registers, labelNames: [...ruleLabels, 'direction'] },
    collect: each(({ labels, bytesUp, bytesDown }, set) => {
      set({ ...labels, direction: 'up' }, bytesUp)
      set({ ...labels, direction: 'down' }, bytesDown)
    }),
  })
  counter(
    'warren_reconnects_total',
    'How often it carried bytes again after an interruption, since the daemon started.',
    {
      ...{ registers, labelNames: ruleLabels },
      collect: each(({ labels, reconnects }, set) => set(labels, reconnects)),
    },
  )
  counter('warren_limit_drops_total', 'What limits kept out or dropped since the daemon started, by what it was.', {
    ...{ registers, labelNames: [...ruleLabels, 'what'] },
    collect: each(({ labels, drops }, set) => {
      for (const [what, count] of Object.entries(drops)) set({ ...labels, what }, count as number)
    }),
  })
}

function aboutUsage(source: MetricsSource, registers: Registry[]): void {
  const usages = (tell: (usage: ReturnType<MetricsSource['books']['usage']>, labels: RuleLabels) => void): void => {
    for (const { labels } of rulesOf(source)) {
      // Of ad hoc forwards no books are kept.
      if (!source.catalog.isAdHoc(labels.id)) tell(source.books.usage(labels.id), labels)
    }
  }
  gauge('warren_usage_bytes', 'Payload bytes of the day, of the month and since it was made; across restarts.', {
    ...{ registers, labelNames: [...ruleLabels, 'period', 'direction'] },
    collect: (set) =>
      usages(({ today, month, ever }, labels) => {
        for (const [period, { up, down }] of Object.entries({ today, month, ever })) {
          set({ ...labels, period, direction: 'up' }, up)
          set({ ...labels, period, direction: 'down' }, down)
        }
      }),
  })
  gauge('warren_quota_bytes', 'The quota of the period.', {
    ...{ registers, labelNames: ruleLabels },
    collect: (set) => usages(({ quota }, labels) => quota !== null && set(labels, quota.bytes)),
  })
  gauge('warren_quota_used_bytes', 'What of the quota of the period is used up.', {
    ...{ registers, labelNames: ruleLabels },
    collect: (set) => usages(({ quota }, labels) => quota !== null && set(labels, quota.used)),
  })
}

type Set = (labels: Readonly<Record<string, string>>, value: number) => void

interface Metric {
  readonly registers: Registry[]
  readonly labelNames: readonly string[]
  /** Tells every value there is now; what it does not tell is gone. */
  readonly collect: (set: Set) => void
}

function gauge(name: string, help: string, { registers, labelNames, collect }: Metric): void {
  new Gauge({
    ...{ name, help, registers, labelNames: [...labelNames] },
    collect() {
      this.reset()
      collect((labels, value) => this.set(labels, value))
    },
  })
}

function counter(name: string, help: string, { registers, labelNames, collect }: Metric): void {
  new Counter({
    ...{ name, help, registers, labelNames: [...labelNames] },
    collect() {
      this.reset()
      collect((labels, value) => this.inc(labels, value))
    },
  })
}
