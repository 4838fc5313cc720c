/** The door of the supervisor. */
export { OpenQuestions } from './_questions'
export { NETWORK_SETTLE_MS, retryDelayMs } from './_retry'
export { ServerRetries } from './_server-retries'
export { SupervisedForward, type SupervisedOptions } from './supervised-forward'
