/** The door of the supervisor. */
export { OpenQuestions } from './_questions'
export { ServerRetries } from './_server-retries'
export { SupervisedForward, type SupervisedOptions } from './supervised-forward'
