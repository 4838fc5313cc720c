/** The door of the SSH layer. */
export { createSessionPool, PROBE_TIMEOUT_MS, SESSION_LINGER_MS, type SessionPoolOptions } from './pool'
export { fingerprintOf, keyTypeOf, randomartOf } from './_fingerprint'
export { hostKeyName } from './_known-hosts'
export { hasNativeCrypto } from './native'
