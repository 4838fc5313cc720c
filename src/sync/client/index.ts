/** A cloud server, asked over HTTP. */
import type { CloudClient, CloudClientOptions } from './types'

export function createCloudClient(_options: CloudClientOptions): CloudClient {
  throw new Error('being built')
}
