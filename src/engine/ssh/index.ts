/** The door of the SSH layer. */
export { connectSession } from './connect'
export { hasNativeCrypto } from './native'
export { createSessionPool } from './pool'
