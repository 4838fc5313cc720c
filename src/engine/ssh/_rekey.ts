/** New keys after so much data or time (ssh_config RekeyLimit). The server asks for them by itself whatever is said here. */
import type { Client } from 'ssh2'
import { internals } from './_protocol'
import type { ConfiguredOptions, SshSession } from './types'

/** How often the counters are looked at: a limit is passed by what flows in that time. */
const LOOK_MS = 200

/** Asks for new keys until the session ends; a limit of 0 is none. */
export function keepRekeying(
  client: Client,
  limit: ConfiguredOptions['rekeyLimit'],
  session: Pick<SshSession, 'closed'>,
): void {
  if (limit === undefined || (limit.bytes === 0 && limit.seconds === 0)) return
  const { _sock: socket, _protocol: protocol } = internals(client)
  const moved = (): number => (socket.bytesRead ?? 0) + (socket.bytesWritten ?? 0)
  let since = { bytes: moved(), at: performance.now() }
  const mark = (): void => {
    since = { bytes: moved(), at: performance.now() }
  }
  // Whoever asked for it, the keys are new.
  client.on('handshake', mark)
  const timer = setInterval(() => {
    const isMuch = limit.bytes > 0 && moved() - since.bytes >= limit.bytes
    const isLong = limit.seconds > 0 && performance.now() - since.at >= limit.seconds * 1000
    if ((isMuch || isLong) && protocol._kexinit === undefined) protocol.rekey()
  }, LOOK_MS)
  void session.closed.then(() => {
    clearInterval(timer)
  })
}
