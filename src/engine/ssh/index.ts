/** The door of the SSH layer. */
export { hasNativeCrypto } from './native'
export { createSessionPool } from './pool'
