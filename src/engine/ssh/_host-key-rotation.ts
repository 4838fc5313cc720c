/**
 * New host keys that a server announces after the login, signed by each of them (OpenSSH PROTOCOL §2.5, hostkeys-00).
 *
 * The session is one with a server whose key is trusted, so what it says of its other keys can be believed, once it has proved
 * that it holds them. known_hosts is left alone: the new keys become pins, and pins that are not announced any more go.
 */
import type { Client } from 'ssh2'
import type { HostKeySummary } from '@shared/errors'
import { BlobReader, packStrings } from './_blob'
import { fingerprintOf, keyTypeOf, randomartOf } from './_fingerprint'
import { internals } from './_protocol'
import { isSignedBy } from './_signature'
import type { HostKeyPin, ServerPlan, SshPorts } from './types'

const ANNOUNCE = 'hostkeys-00@openssh.com'
const PROVE = 'hostkeys-prove-00@openssh.com'
/** A longer list is not looked at. */
const MAX_KEYS = 32

/** What the host key check found, as far as a rotation has to do with it. */
export interface RotationBasis {
  /** The name under which the keys are recorded. */
  readonly name: string
  /** Everything that is trusted under that name, base64. */
  readonly trusted: readonly string[]
  /** The key of this session. */
  readonly current: Buffer
}

export interface RotationContext {
  readonly server: ServerPlan
  readonly login: string
  readonly ports: SshPorts
  /** Ends the question: the session is over. */
  readonly signal: AbortSignal
  readonly basis: RotationBasis
}

export interface Announcements {
  /** The first announcement of the session; stays open when there is none. */
  readonly first: Promise<readonly Buffer[]>
}

/** Takes the announcement out of ssh2's hands, which would have every key proved at every login. */
export function watchAnnouncements(client: Client): Announcements {
  let announce: (keys: readonly Buffer[]) => void = () => undefined
  const first = new Promise<readonly Buffer[]>((resolve) => {
    announce = resolve
  })
  const handlers = internals(client)._protocol._handlers
  const { GLOBAL_REQUEST: others } = handlers
  // eslint-disable-next-line max-params -- the signature is ssh2's
  handlers.GLOBAL_REQUEST = (protocol, name, wantReply, data) => {
    if (name !== ANNOUNCE || !Array.isArray(data)) {
      others(protocol, name, wantReply, data)
      return
    }
    const keys = data.length > MAX_KEYS ? [] : (data as { getPublicSSH: () => Buffer }[])
    announce(keys.map((key) => Buffer.from(key.getPublicSSH())))
    if (wantReply) protocol.requestSuccess()
  }
  return { first }
}

/**
 * What to do about the announced keys, by ssh_config UpdateHostKeys: `yes` records them, `ask` asks, `no` does nothing.
 *
 * Without it a person is asked only about a true rotation: another key of a type that is trusted already. Nobody is asked
 * about the keys of other types that almost every server has. Never rejects; an open question blocks nothing.
 */
export async function followRotation(
  context: RotationContext,
  { client, announced }: { client: Client; announced: readonly Buffer[] },
): Promise<void> {
  const { server, basis, ports } = context
  const mode = server.config?.updateHostKeys
  const change = changeOf(basis, announced, ports)
  if (mode === 'no' || (change.added.length === 0 && change.retired.length === 0)) return
  if (mode === undefined && !isRotation(basis, change.added)) return
  const log = (level: 'info' | 'warn', message: string): void => {
    ports.log(server.id, { level, message, code: null })
  }
  try {
    if (!(await prove(client, change.added))) {
      log('warn', `${server.name} announced a new host key and could not prove that it holds it. Nothing was changed.`)
      return
    }
    if (mode !== 'yes' && !(await agrees(context, change))) return
    for (const key of change.added) ports.pins.add(pinOf(basis.name, key))
    for (const pin of change.retired) ports.pins.remove(pin)
    log('info', `Trusted the new keys that ${server.name} announced: ${change.added.map(fingerprintOf).join(', ')}.`)
  } catch {
    // Unanswered, or the session is over: the next login brings it up again.
  }
}

// --- internal ---

interface Change {
  readonly added: readonly Buffer[]
  readonly retired: readonly HostKeyPin[]
}

function changeOf({ name, trusted, current }: RotationBasis, announced: readonly Buffer[], ports: SshPorts): Change {
  const offered = [...new Set(announced.map((key) => key.toString('base64')))]
  // A list without the key of this very session is not the whole truth: nothing is taken away because of it.
  const isWhole = offered.includes(current.toString('base64'))
  return {
    added: offered.filter((key) => !trusted.includes(key)).map((key) => Buffer.from(key, 'base64')),
    retired: isWhole ? ports.pins.find(name).filter((pin) => !offered.includes(pin.key)) : [],
  }
}

function isRotation({ trusted }: RotationBasis, added: readonly Buffer[]): boolean {
  const types = new Set(trusted.map((key) => keyTypeOf(Buffer.from(key, 'base64'))))
  return added.some((key) => types.has(keyTypeOf(key)))
}

/** Has the server sign the session with each key. */
async function prove(client: Client, keys: readonly Buffer[]): Promise<boolean> {
  if (keys.length === 0) return true
  const { _protocol: protocol, _callbacks: replies } = internals(client)
  const sessionId = protocol._kex?.sessionID
  if (sessionId === undefined) return false
  const reply = await new Promise<Buffer | null>((resolve) => {
    replies.push((failed, data) => {
      resolve(failed === false ? (data ?? null) : null)
    })
    protocol.openssh_hostKeysProve(keys.map((key) => ({ getPublicSSH: () => key })))
  })
  const signatures = reply === null ? null : new BlobReader(reply).strings()
  if (signatures?.length !== keys.length) return false
  return keys.every((key, index) => {
    const signature = signatures[index]
    return signature !== undefined && isSignedBy({ key, signature, data: packStrings(PROVE, sessionId, key) })
  })
}

async function agrees(context: RotationContext, { added, retired }: Change): Promise<boolean> {
  const { server, login, basis, ports, signal } = context
  const answer = await ports.offer(
    {
      kind: 'host-key-rotation',
      serverId: server.id,
      server: server.name,
      login,
      name: basis.name,
      current: summaryOf(basis.current),
      added: added.map(summaryOf),
      retired: retired.map((pin) => summaryOf(Buffer.from(pin.key, 'base64'))),
    },
    signal,
  )
  return answer.kind === 'host-key-rotation' && answer.decision === 'trust'
}

function pinOf(host: string, key: Buffer): HostKeyPin {
  return { host, keyType: keyTypeOf(key), key: key.toString('base64') }
}

function summaryOf(key: Buffer): HostKeySummary {
  return { keyType: keyTypeOf(key), fingerprint: fingerprintOf(key), randomart: randomartOf(key) }
}
