import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Ends a stream at once and tells the peer that it was no orderly end.
 *
 * TCP sends RST. Node throws when a Unix socket is asked for that, so those (and channels) are only closed.
 */
export function resetStream(stream: Duplex): void {
  if (stream.destroyed) return
  if (stream instanceof Socket && stream.remoteFamily !== undefined) stream.resetAndDestroy()
  else stream.destroy()
}
