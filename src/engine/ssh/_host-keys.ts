/** Trust in a server's key: certificates, known_hosts and Warren's pins, and the question when nobody knows it. */
import { toFault, WarrenError } from '@shared/errors'
import type { HostKeyPolicy } from '@shared/specs'
import { parseCertificate, type Certificate } from './_certificate'
import { fingerprintOf, keyTypeOf, randomartOf } from './_fingerprint'
import { certificateProblem, describeCertificate, type CertificateProblem } from './_host-cert'
import { certificateError, changedError, listedAsRevokedError, revokedError, unknownError } from './_host-key-faults'
import type { RotationBasis } from './_host-key-rotation'
import { isHashed } from './_known-hosts'
import { appendKnownHost } from './_known-hosts-write'
import { isRevokedBy } from './_revoked'
import { placeOf, readTrustStore, type TrustStore } from './_trust-store'
import type { HostKeyPin, ServerPlan, SshPorts } from './types'

export interface HostKeyContext {
  readonly server: ServerPlan
  readonly login: string
  readonly policy: HostKeyPolicy
  readonly ports: SshPorts
  readonly signal: AbortSignal
  /** Of a direct connection; `null` through a hop, proxy or command. */
  readonly remoteAddress: string | null
  /** Runs while a person thinks: no time-out counts then. */
  readonly whileAsking: <T>(work: () => Promise<T>) => Promise<T>
}

export interface HostKeyBook {
  /** Types that are trusted for this server, so that the key exchange asks for them first. */
  readonly knownTypes: readonly string[]
  /** An authority is trusted for this server: certificates are worth asking for. */
  readonly hasAuthority: boolean
  /**
   * Judges the key of a key exchange, and the certificate it came in.
   *
   * Resolves with where the trust is recorded; rejects with `ssh.host-key-…`, `ssh.host-cert-…` or what the need rejects with.
   */
  readonly verify: (key: Buffer, certificate: Buffer | null) => Promise<string>
  /** After {@link verify}: `null` when the trust is not one that new keys could be added to. */
  readonly rotationBasis: () => RotationBasis | null
}

/**
 * Who decides about unknown keys: what was said for this start, then what was chosen for the server in Warren, then the ssh config.
 *
 * `StrictHostKeyChecking no` is the same as accept-new: ssh lets such a session with a changed key go on, but without any
 * forwarding, and a session without forwarding is of no use here. So a changed key is refused whatever the policy.
 */
export function hostKeyPolicyOf(server: ServerPlan, forThisStart: HostKeyPolicy | undefined): HostKeyPolicy {
  if (forThisStart !== undefined) return forThisStart
  if (server.hostKeyPolicy !== 'ask') return server.hostKeyPolicy
  switch (server.config?.strictHostKeyChecking) {
    case 'yes':
      return 'strict'
    case 'no':
    case 'accept-new':
      return 'accept-new'
    case 'ask':
    case undefined:
      return 'ask'
  }
}

/** Reads what is known about the server now; files that do not exist are empty. */
export async function openHostKeyBook(context: HostKeyContext): Promise<HostKeyBook> {
  const store = await readTrustStore(context.server, context.ports)
  let basis: RotationBasis | null = null
  const known = store.trusted.length > 0 ? store.trusted : store.trustedWithoutPort
  return {
    knownTypes: [...new Set(known.map(({ keyType }) => keyType))],
    hasAuthority: store.authorities.length > 0,
    verify: async (key, certificate) => {
      const verdict = await judge(context, store, {
        key,
        certificate: certificate === null ? null : parseCertificate(certificate),
      })
      if (verdict.extendable) {
        const trusted = [...new Set([...store.trusted.map((each) => each.key), key.toString('base64')])]
        basis = { name: store.name, trusted, current: Buffer.from(key) }
      }
      return verdict.by
    },
    rotationBasis: () => basis,
  }
}

// --- internal ---

interface Shown {
  readonly key: Buffer
  readonly certificate: Certificate | null
}

interface Verdict {
  /** For people. */
  readonly by: string
  /** Recorded under this very name by this person: new keys of the server may be added to it. */
  readonly extendable: boolean
}

async function judge(context: HostKeyContext, store: TrustStore, shown: Shown): Promise<Verdict> {
  await refuseRevoked(context.server, store, shown)
  if (isExempt(context)) return { by: 'NoHostAuthenticationForLocalhost', extendable: false }
  const { key, certificate } = shown
  const certified = certificate === null ? null : judgeCertificate(context, store, certificate)
  if (certified !== null && 'by' in certified) return certified
  const base64 = key.toString('base64')
  const found = store.trusted.find((each) => each.key === base64)
  if (found !== undefined) return { by: placeOf(found), extendable: !found.isGlobal }
  if (store.trusted.length > 0) throw changedError(context.server, key, store)
  const elsewhere = store.trustedWithoutPort.find((each) => each.key === base64)
  if (elsewhere !== undefined) return { by: `${placeOf(elsewhere)}, without its port`, extendable: false }
  return await decideUnknown(context, store, { key, problem: certified })
}

async function refuseRevoked(server: ServerPlan, store: TrustStore, { key, certificate }: Shown): Promise<void> {
  const keys = [key, ...(certificate === null ? [] : [certificate.signatureKey])].map((each) => each.toString('base64'))
  const entry = store.revoked.find((each) => keys.includes(each.key))
  if (entry !== undefined) throw revokedError(server, key, entry)
  const file = server.config?.revokedHostKeys
  if (file === undefined || file === 'none') return
  if (await isRevokedBy(file, { plainKey: key, certificate })) throw listedAsRevokedError(server, key, file)
}

/** `null`: no authority that is trusted here. A problem: the bare key has to stand for itself, as with ssh. */
function judgeCertificate(
  context: HostKeyContext,
  store: TrustStore,
  certificate: Certificate,
): Verdict | CertificateProblem | null {
  const { server, ports } = context
  const signer = certificate.signatureKey.toString('base64')
  const authority = store.authorities.find((entry) => entry.key === signer)
  if (authority === undefined) return null
  const problem = certificateProblem(certificate, {
    name: store.bareName,
    now: Date.now(),
    signatures: server.config?.caSignatureAlgorithms,
  })
  if (problem === null) {
    return { by: `${authority.file}:${authority.line}, for ${describeCertificate(certificate)}`, extendable: false }
  }
  const message = `The certificate of ${server.name} ${problem.reason}; its key has to be known by itself.`
  ports.log(server.id, { level: 'warn', message, code: problem.code })
  return problem
}

/** ssh_config NoHostAuthenticationForLocalhost: only for a direct connection, and not when the host has an alias. */
function isExempt({ server: { config = {} }, remoteAddress }: HostKeyContext): boolean {
  if (config.noHostAuthenticationForLocalhost !== true || config.hostKeyAlias !== undefined) return false
  return remoteAddress !== null && /^(?:127\.|\[(?:::1|::ffff:127\.[\d.]+)\]:)/.test(remoteAddress)
}

interface Unknown {
  readonly key: Buffer
  /** Why its certificate does not help. */
  readonly problem: CertificateProblem | null
}

async function decideUnknown(context: HostKeyContext, store: TrustStore, unknown: Unknown): Promise<Verdict> {
  const { server, ports, policy } = context
  const { key, problem } = unknown
  const pin: HostKeyPin = { host: store.name, keyType: keyTypeOf(key), key: key.toString('base64') }
  switch (policy) {
    case 'accept-new': {
      // Without a file to remember it in (UserKnownHostsFile none) ssh accepts it anew each time.
      const isKept = store.writableFile !== null || server.config?.userKnownHostsFiles === undefined
      if (isKept) ports.pins.add(pin)
      const message = `Trusted the new ${pin.keyType} key of ${store.name}: ${fingerprintOf(key)}`
      ports.log(server.id, { level: 'info', message, code: null })
      return { by: 'the policy to accept new keys', extendable: isKept }
    }
    case 'strict':
      throw problem === null ? unknownError(server, key) : certificateError(server, problem)
    case 'ask':
      return await askPerson(context, store, { pin, ...unknown })
  }
}

async function askPerson(
  context: HostKeyContext,
  store: TrustStore,
  { key, problem, pin }: Unknown & { pin: HostKeyPin },
): Promise<Verdict> {
  const { server, ports } = context
  const asking = context.whileAsking(() =>
    ports.ask(
      {
        kind: 'host-key',
        serverId: server.id,
        server: server.name,
        login: context.login,
        host: server.host,
        port: server.port,
        recordedAs: store.name,
        keyType: pin.keyType,
        fingerprint: fingerprintOf(key),
        randomart: randomartOf(key),
        knownAs: otherNames(pin.key, store, ports.pins.all()),
        certificate: problem === null ? null : `Its certificate ${problem.reason}.`,
        knownHostsFile: store.writableFile,
      },
      context.signal,
    ),
  )
  const answer = await asking.catch((error: unknown) => {
    const { code } = toFault(error)
    // The certificate is the reason why there was a question at all.
    const isUnanswered = code === 'need.cancelled' || code === 'need.unanswered'
    throw isUnanswered && problem !== null ? certificateError(server, problem, error) : error
  })
  if (answer.kind === 'host-key' && answer.decision === 'trust') {
    ports.pins.add(pin)
    if (answer.knownHosts === true) await write(context, store, pin)
    return { by: 'you, just now', extendable: true }
  }
  if (answer.kind === 'host-key' && answer.decision === 'once') return { by: 'you, just this once', extendable: false }
  if (problem !== null) throw certificateError(server, problem)
  throw new WarrenError('ssh.host-key-rejected', `You did not trust the key of ${server.name}.`, {
    fix: 'Start again to be asked again.',
  })
}

/** The person asked for it; the login does not depend on whether it worked. */
async function write({ server, ports }: HostKeyContext, store: TrustStore, pin: HostKeyPin): Promise<void> {
  const file = store.writableFile
  if (file === null) return
  try {
    await appendKnownHost(pin, { file, hashed: server.config?.hashKnownHosts })
    ports.log(server.id, { level: 'info', message: `Wrote the key of ${store.name} to ${file}.`, code: null })
  } catch (error) {
    const { code, message } = toFault(error)
    ports.log(server.id, { level: 'warn', message, code })
  }
}

function otherNames(key: string, { entries, name }: TrustStore, pins: readonly HostKeyPin[]): readonly string[] {
  const named = entries.filter((entry) => entry.key === key && entry.marker === null && !isHashed(entry))
  const names = [
    ...named.flatMap((entry) => entry.hosts.split(',')),
    ...pins.filter((pin) => pin.key === key).map((pin) => pin.host),
  ]
  return [...new Set(names)].filter((each) => each !== name)
}
