/** TCP on this machine: listening, and bare handles. */
export {
  connectBinding,
  DONE_AT_ONCE,
  mayBeReset,
  sayResets,
  streamBinding,
  UV_EOF,
  type TcpAddress,
  type TcpHandle,
  type TcpRequest,
} from './handle'
export { listenHere, type LocalListener } from './listen'
export { checkRange, listenRange } from './listen-range'
