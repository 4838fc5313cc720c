export { Connection, ConnectionTable, Ledger, type ConnectionOptions, type Totals } from './connections'
export { resetStream } from '../reset-stream'
