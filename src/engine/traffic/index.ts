export { Connection, ConnectionTable, Ledger, type ConnectionOptions, type Totals } from './connections'
export { resetStream } from '../reset-stream'
export type { Budget, ConnectionLimits, Flow, Limiter, LimiterOptions, Refusal, TrafficPort, Waiter } from './types'
