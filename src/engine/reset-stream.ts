/** Ending a stream so that the peer learns that it was no orderly end. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Ends a stream at once.
 *
 * TCP sends RST. Node throws when a Unix socket is asked for that, so those (and channels) are only closed. So is a socket whose
 * orderly end is under way: libuv refuses to reset it (uv_tcp_close_reset), and Node then keeps its handle open for ever.
 */
export function resetStream(stream: Duplex): void {
  if (stream.destroyed) return
  if (stream instanceof Socket && stream.remoteFamily !== undefined && !isShuttingDown(stream)) stream.resetAndDestroy()
  else stream.destroy()
}

// --- internal ---

/** Everything is written, and the kernel has not yet confirmed the end. */
function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
}
