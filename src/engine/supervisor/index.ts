/** The door of the supervisor. */
export { NETWORK_SETTLE_MS } from './_retry'
export { SupervisedForward, type SupervisedOptions } from './supervised-forward'
