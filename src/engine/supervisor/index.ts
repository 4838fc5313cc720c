/** The door of the supervisor. */
export { NETWORK_SETTLE_MS } from './_retry'
export { OpenQuestions } from './_questions'
export { ServerRetries } from './_server-retries'
export { SupervisedForward, type SupervisedOptions } from './supervised-forward'
