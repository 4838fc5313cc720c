export {
  Connection,
  ConnectionTable,
  Ledger,
  type ConnectionOptions,
  type LedgerWatch,
  type LiveEnd,
  type Totals,
} from './connections'
export { createForwardBooks, type ForwardBooks } from './forward-books'
export { createLimiter } from './limiter'
export { watchExpiry } from './_expiry'
export { expiryFault, quotaFault, slowNotice, timeLeft, turnedAway } from './reasons'
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
