/** The door of the SSH layer. */
export { connectSession } from './connect'
export { appendKnownHost } from './_known-hosts-write'
export { hasNativeCrypto } from './native'
export { createSessionPool } from './pool'
