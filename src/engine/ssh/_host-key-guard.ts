/** The host key check at work in one connection: before the login, at every later key exchange, and when keys rotate. */
import type { Client } from 'ssh2'
import { hostKeyOffer, offerCertificates, type CertificateKex, type KexProtocol } from './_cert-kex'
import { followRotation, watchAnnouncements, type Announcements } from './_host-key-rotation'
import type { HostKeyBook } from './_host-keys'
import { internals } from './_protocol'
import type { ServerPlan, SshPorts, SshSession } from './types'

export interface HostKeyGuardOptions {
  readonly server: ServerPlan
  readonly login: string
  readonly ports: SshPorts
  readonly client: Client
  readonly book: HostKeyBook
  /** A key is there and will be judged. */
  readonly onShown: () => void
  readonly onTrusted: (key: Buffer, trustedBy: string) => void
  readonly onRefused: (error: unknown) => void
}

export class HostKeyGuard {
  private trusted: Buffer | null = null
  private certificates: CertificateKex | null = null
  private announcements: Announcements | null = null

  constructor(private readonly options: HostKeyGuardOptions) {}

  /** ssh2's `hostVerifier`. */
  readonly verify = (key: Buffer, decide: (valid: boolean) => void): void => {
    const { book, onShown, onTrusted, onRefused } = this.options
    if (this.trusted !== null) {
      // A new key exchange of a session that runs: the same key, or the end of it.
      decide(this.trusted.equals(key))
      return
    }
    onShown()
    book.verify(key, this.certificates?.shown() ?? null).then((trustedBy) => {
      this.trusted = Buffer.from(key)
      onTrusted(key, trustedBy)
      decide(true)
    }, onRefused)
  }

  /** To be called between ssh2's `connect` and the first byte from the server. */
  attach(): void {
    const { client, book, server } = this.options
    const protocol = internals(client)._protocol as unknown as KexProtocol | undefined
    if (protocol === undefined) return
    this.announcements = watchAnnouncements(client)
    const plain = protocol._offer.lists.serverHostKey.array
    const offer = hostKeyOffer(plain, { ...book, listed: server.config?.hostKeyAlgorithms })
    if (offer.length > plain.length) this.certificates = offerCertificates(protocol, offer)
  }

  /** The login is done: from now on the server may announce other keys. */
  follow(session: Pick<SshSession, 'closed'>): void {
    const { client, server, login, ports, book } = this.options
    const basis = book.rotationBasis()
    if (basis === null || this.announcements === null) return
    const over = new AbortController()
    void session.closed.then(() => {
      over.abort()
    })
    void this.announcements.first.then((announced) =>
      followRotation({ server, login, ports, basis, signal: over.signal }, { client, announced }),
    )
  }
}
