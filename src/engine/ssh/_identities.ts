/** The keys that may log in: from the agent and from files, in the order ssh offers them. */
import { join } from 'node:path'
import { WarrenError } from '@shared/errors'
import { openAgent, type Agent, type AgentSession } from './_agent'
import { chooseAgent, expandHome, type AgentChoice } from './_agent-path'
import { parseCertificate, type Certificate } from './_certificate'
import { keyTypeOf } from './_fingerprint'
import { loadCertificate, loadKey, loadSharedKey, type LoadedCertificate, type LoadedKey } from './_key-load'
import type { ServerPlan, SshPorts } from './types'

/** ssh_config(5) IdentityFile, in its order; the types that are used any more. */
const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk']
/** `IdentityFile none`: not even the defaults. */
const NO_FILE = 'none'
const CERTIFICATE_SUFFIX = '-cert.pub'

/** How a key signs. `blob` is what the agent knows it by. */
export type Signer =
  | { readonly by: 'agent'; readonly agent: Agent; readonly blob: Buffer }
  | { readonly by: 'file'; readonly key: LoadedKey & { readonly secret: NonNullable<LoadedKey['secret']> } }

/** A key that can be offered. */
export interface Identity {
  /** What a person knows it by: a path, or the comment in the agent. */
  readonly name: string
  /** Public key or certificate; `null` when the file must be unlocked to know it. */
  readonly blob: Buffer | null
  readonly certificate: Certificate | null
  readonly signer: Signer
}

export interface Identities {
  readonly identities: readonly Identity[]
  /** Why keys or the agent could not be used. */
  readonly problems: readonly WarrenError[]
}

/** Collects what can be offered; what cannot is a problem, not a failure: another key may do. */
export async function collectIdentities(
  server: ServerPlan,
  ports: SshPorts,
  { signal, session }: { readonly signal: AbortSignal; readonly session: AgentSession | null },
): Promise<Identities> {
  const problems: WarrenError[] = []
  const home = ports.environment.homeDir
  const files = await loadKeys(server, home)
  const certificates = await loadCertificates({ server, home, keys: files }, problems)
  const shared = (await ports.secrets.sharedKey?.(server.id)) ?? null
  // Last: a server may allow few attempts, and what is one's own comes first.
  const keys = shared === null ? files : [...files, await loadSharedKey(shared)]
  const agent = await askAgent(chooseAgent(server.agent, ports.environment), { signal, session, problems })
  const identities = arrange({ keys, certificates, agent, identitiesOnly: server.identitiesOnly })
  problems.push(...uselessKeys(keys, identities))
  return { identities, problems }
}

// --- internal ---

interface AgentEntry {
  readonly agent: Agent
  readonly blob: Buffer
  readonly comment: string
}

interface FoundCertificate extends LoadedCertificate {
  /** The key file it lies beside; `null` when it was named by itself. */
  readonly beside: LoadedKey | null
}

interface Material {
  readonly keys: readonly LoadedKey[]
  readonly certificates: readonly FoundCertificate[]
  readonly agent: readonly AgentEntry[]
  readonly identitiesOnly: boolean
}

async function loadKeys(server: ServerPlan, home: string): Promise<readonly LoadedKey[]> {
  const defaults = DEFAULT_IDENTITIES.map((name) => join(home, '.ssh', name))
  const listed = server.identityFiles.map((file) => (file === NO_FILE ? null : expandHome(file, home)))
  const loaded = await Promise.all(
    (listed.length > 0 ? listed : defaults).map((file, index) =>
      // An ssh config lists the defaults too, whether they are there or not.
      file === null ? Promise.resolve(null) : loadKey(file, defaults.includes(file) ? null : `identityFiles.${index}`),
    ),
  )
  return loaded.filter((key) => key !== null)
}

/** As ssh: those beside the keys count only when none is named. */
async function loadCertificates(
  { server, home, keys }: { server: ServerPlan; home: string; keys: readonly LoadedKey[] },
  problems: WarrenError[],
): Promise<readonly FoundCertificate[]> {
  const named = server.certificateFiles.map((file, index) => ({
    beside: null,
    loading: loadCertificate(expandHome(file, home), `certificateFiles.${index}`),
  }))
  const besideKeys = keys.map((key) => ({
    beside: key,
    loading: loadCertificate(`${key.file.replace(/\.pub$/, '')}${CERTIFICATE_SUFFIX}`, null),
  }))
  const found: FoundCertificate[] = []
  for (const { beside, loading } of named.length > 0 ? named : besideKeys) {
    const loaded = await loading
    if (loaded instanceof WarrenError) problems.push(loaded)
    else if (loaded !== null) found.push({ ...loaded, beside })
  }
  return found
}

async function askAgent(
  choice: AgentChoice | null,
  { signal, session, problems }: { signal: AbortSignal; session: AgentSession | null; problems: WarrenError[] },
): Promise<readonly AgentEntry[]> {
  if (choice === null) return []
  const agent = openAgent(choice.path, session)
  try {
    return (await agent.keys(signal)).map((key) => ({ agent, ...key }))
  } catch (error) {
    signal.throwIfAborted()
    if (choice.isNamed) {
      problems.push(
        new WarrenError('agent.unreachable', `The SSH agent at ${choice.path} does not answer.`, {
          fix: 'Start it, or set the agent of the server to "none".',
          field: 'agent',
          cause: error,
        }),
      )
    }
    return []
  }
}

/**
 * The order of ssh (sshconnect2.c, pubkey_prepare): named certificates, the agent's copies of listed keys, the rest of the
 * agent unless told otherwise, listed keys that only files hold. A server may allow few attempts.
 */
function arrange({ keys, certificates, agent, identitiesOnly }: Material): readonly Identity[] {
  const named = certificates.filter(({ beside }) => beside === null)
  const listed = keys.flatMap((key) => {
    const own = fromFile(key)
    const beside = certificates.filter((each) => each.beside === key)
    return [...(own === null ? [] : [own]), ...beside.flatMap((each) => withSigner(each, { keys, agent }) ?? [])]
  })
  const listedBlobs = new Set([
    ...keys.flatMap(({ blob }) => (blob === null ? [] : [idOf(blob)])),
    ...certificates.map(({ blob }) => idOf(blob)),
  ])
  const held = agent.map(fromAgent)
  const order = [
    ...named.flatMap((each) => withSigner(each, { keys, agent }) ?? []),
    ...held.filter(({ blob }) => blob !== null && listedBlobs.has(idOf(blob))),
    ...(identitiesOnly ? [] : held),
    ...listed,
  ]
  const seen = new Set<string>()
  return order.filter(({ blob }) => {
    if (blob === null) return true
    const isNew = !seen.has(idOf(blob))
    seen.add(idOf(blob))
    return isNew
  })
}

function fromAgent({ agent, blob, comment }: AgentEntry): Identity {
  return { name: comment, blob, certificate: parseCertificate(blob), signer: { by: 'agent', agent, blob } }
}

/** `null` when only an agent could sign. */
function fromFile(key: LoadedKey): Identity | null {
  const { file, blob, secret } = key
  if (secret === null) return null
  return { name: file, blob, certificate: null, signer: { by: 'file', key: { ...key, secret } } }
}

/** A certificate is signed for by its key: in the agent, in a file, or by the agent that holds the certificate too. */
function withSigner(
  { file, blob, certificate, beside }: FoundCertificate,
  { keys, agent }: Pick<Material, 'keys' | 'agent'>,
): Identity | null {
  const plain = idOf(certificate.publicKey)
  const held = agent.find((each) => idOf(each.blob) === plain) ?? agent.find((each) => idOf(each.blob) === idOf(blob))
  const inFile = keys.find((key) => key.secret !== null && key.blob !== null && idOf(key.blob) === plain)
  // A locked PEM file does not tell its public half: the name is all there is to go by.
  const key = inFile ?? (beside?.blob === null ? beside : undefined)
  const signer: Signer | null =
    held !== undefined ? { by: 'agent', agent: held.agent, blob: held.blob } : signingFile(key)
  return signer === null ? null : { name: file, blob, certificate, signer }
}

function signingFile(key: LoadedKey | undefined): Signer | null {
  const secret = key?.secret ?? null
  return key === undefined || secret === null ? null : { by: 'file', key: { ...key, secret } }
}

/** What the files have against being offered, where no agent makes up for it. */
function uselessKeys(keys: readonly LoadedKey[], identities: readonly Identity[]): readonly WarrenError[] {
  const offered = new Set(identities.flatMap(({ blob }) => (blob === null ? [] : [idOf(blob)])))
  return keys
    .filter(({ secret, blob }) => secret === null && (blob === null || !offered.has(idOf(blob))))
    .map((key) => key.problem ?? needsAgent(key))
}

function needsAgent(key: LoadedKey): WarrenError {
  const isCertificate = key.blob !== null && /-cert-v01@/.test(keyTypeOf(key.blob))
  const why = key.isSecurityKey
    ? `${key.file} is a key on a security key, which signs through the SSH agent, and the agent does not hold it.`
    : `${key.file} is only the public half${isCertificate ? ' with a certificate' : ''}, and the SSH agent does not hold the private one.`
  return new WarrenError('key.needs-agent', why, {
    field: key.field,
    fix: `Add it with ssh-add ${key.file.replace(/(?:-cert)?\.pub$/, '')}, or choose the agent that holds it.`,
  })
}

function idOf(blob: Buffer): string {
  return blob.toString('base64')
}
