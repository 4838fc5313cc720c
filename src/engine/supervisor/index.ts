/** The door of the supervisor. */
export { SupervisedForward, type SupervisedOptions } from './supervised-forward'
