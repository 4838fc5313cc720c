export { Connection, ConnectionTable, Ledger, type ConnectionOptions, type LiveEnd, type Totals } from './connections'
export { createLimiter } from './limiter'
export { expiryFault, quotaFault, slowNotice, timeLeft } from './reasons'
export { resetStream } from '../reset-stream'
export type {
  Budget,
  ConnectionLimits,
  Flow,
  Limiter,
  LimiterOptions,
  Refusal,
  SourceOf,
  TrafficPort,
  Waiter,
} from './types'
