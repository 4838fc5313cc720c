/** The keys that may log in: from the agent and from files, in the order ssh offers them. */
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2'
import { WarrenError } from '@shared/errors'
import type { ServerSpec } from '@shared/specs'
import { readOpenSshPublicKey } from './_key-file'
import type { SshPorts } from './types'

/** ssh_config(5) IdentityFile, the types that ssh2 can use. */
const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa']
const OTHERS_BITS = 0o077
const NO_AGENT = 'none'
const MAX_KEY_FILE_BYTES = 1024 * 1024

/** A key that can be offered: its public half, and how it signs. */
export type Identity =
  | { readonly source: 'agent'; readonly publicKey: ParsedKey; readonly agent: BaseAgent }
  | { readonly source: 'file'; readonly file: string; readonly publicKey: ParsedKey | null; readonly text: Buffer }

export interface Identities {
  readonly identities: readonly Identity[]
  /** Why keys or the agent could not be used. */
  readonly problems: readonly WarrenError[]
}

/** Collects what can be offered; what cannot is a problem, not a failure: another key may do. */
export async function collectIdentities(server: ServerSpec, ports: SshPorts): Promise<Identities> {
  const problems: WarrenError[] = []
  const listed = server.identityFiles.length > 0
  const files = listed
    ? server.identityFiles.map((file) => expandHome(file, ports.environment.homeDir))
    : DEFAULT_IDENTITIES.map((name) => join(ports.environment.homeDir, '.ssh', name))
  const fromFiles: Identity[] = []
  const listedPublic: string[] = []
  for (const [index, file] of files.entries()) {
    const found = await readIdentity(file, listed ? `identityFiles.${index}` : null)
    if (found === null) continue
    if (found instanceof WarrenError) problems.push(found)
    else {
      if (found.publicKey !== null) listedPublic.push(blobOf(found.publicKey))
      if (found.text.length > 0) fromFiles.push(found)
    }
  }
  const path = server.agent ?? ports.environment.agentSocket
  const fromAgent: Identity[] = []
  if (path !== null && path !== NO_AGENT) {
    const agent = ssh2.createAgent(expandHome(path, ports.environment.homeDir))
    try {
      for (const publicKey of await agentKeys(agent)) {
        if (server.identitiesOnly && !listedPublic.includes(blobOf(publicKey))) continue
        fromAgent.push({ source: 'agent', publicKey, agent })
      }
    } catch (error) {
      problems.push(
        new WarrenError('agent.unreachable', `The SSH agent at ${path} does not answer.`, {
          fix: 'Start it, or set the agent of the server to "none".',
          field: 'agent',
          cause: error,
        }),
      )
    }
  }
  // The agent's copies of listed keys come first, as ssh does: the server may allow few attempts.
  const rank = (identity: Identity): number =>
    identity.publicKey !== null && listedPublic.includes(blobOf(identity.publicKey)) ? 0 : 1
  fromAgent.sort((a, b) => rank(a) - rank(b))
  const inAgent = new Set(fromAgent.map(({ publicKey }) => (publicKey === null ? '' : blobOf(publicKey))))
  const rest = fromFiles.filter(({ publicKey }) => publicKey === null || !inAgent.has(blobOf(publicKey)))
  return { identities: [...fromAgent, ...rest], problems }
}

/** `~` and `~/…` are the home folder; relative paths are relative to it. */
export function expandHome(path: string, home: string): string {
  if (path === '~') return home
  if (path.startsWith('~/')) return join(home, path.slice(2))
  return isAbsolute(path) || path.startsWith('\\\\') ? path : join(home, path)
}

// --- internal ---

function blobOf(key: ParsedKey): string {
  return key.getPublicSSH().toString('base64')
}

function agentKeys(agent: BaseAgent): Promise<readonly ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error !== null && error !== undefined) reject(error)
      else resolve((keys ?? []).flatMap((key) => parseOne(key) ?? []))
    })
  })
}

function parseOne(key: unknown): ParsedKey | null {
  const parsed = ssh2.utils.parseKey(key as ParsedKey)
  return parsed instanceof Error ? null : parsed
}

/** `null` for a default that is not there. With only the public half the agent must hold the private one (`text` is empty). */
async function readIdentity(
  file: string,
  field: string | null,
): Promise<Extract<Identity, { source: 'file' }> | WarrenError | null> {
  let text: Buffer
  try {
    const info = await stat(file)
    if (!info.isFile() || info.size > MAX_KEY_FILE_BYTES) return notAKey(file, field)
    await access(file, constants.R_OK)
    text = await readFile(file)
    const tooOpen = process.platform !== 'win32' && (info.mode & OTHERS_BITS) !== 0 && info.uid === process.getuid?.()
    if (tooOpen && !isPublicKeyText(text)) return tooOpenError(file, info.mode, field)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return field === null ? null : missingError(file, field)
    return new WarrenError('key.unreadable', `The key file ${file} cannot be read: ${code ?? String(error)}.`, {
      field,
      cause: error,
    })
  }
  if (isPublicKeyText(text)) {
    return { source: 'file', file, publicKey: parseOne(text), text: Buffer.alloc(0) }
  }
  const parsed = ssh2.utils.parseKey(text)
  if (!(parsed instanceof Error)) {
    return parsed.isPrivateKey() ? { source: 'file', file, publicKey: parsed, text } : notAKey(file, field)
  }
  if (!/encrypted|passphrase/i.test(parsed.message)) return notAKey(file, field, parsed)
  return { source: 'file', file, publicKey: readOpenSshPublicKey(text) ?? (await besideIt(file)), text }
}

/** The public half in `file.pub`, so that a passphrase is asked only for a key the server wants. */
async function besideIt(file: string): Promise<ParsedKey | null> {
  try {
    return parseOne(await readFile(`${file}.pub`))
  } catch {
    return null
  }
}

function isPublicKeyText(text: Buffer): boolean {
  return /^(ssh-|ecdsa-)[a-z0-9-]+ /.test(text.toString('latin1', 0, 64))
}

function missingError(file: string, field: string): WarrenError {
  return new WarrenError('key.missing', `The key file ${file} does not exist.`, { field, fix: 'Check the path.' })
}

function notAKey(file: string, field: string | null, cause?: unknown): WarrenError {
  return new WarrenError('key.not-a-key', `${file} is not a private key that Warren can use.`, {
    field,
    fix: 'OpenSSH and PEM files work. PuTTY keys can be converted with puttygen.',
    cause,
  })
}

function tooOpenError(file: string, mode: number, field: string | null): WarrenError {
  const bits = (mode & 0o777).toString(8).padStart(4, '0')
  return new WarrenError(
    'key.too-open',
    `Permissions ${bits} for '${file}' are too open; this private key will be ignored.`,
    { field, fix: `chmod 600 ${file}` },
  )
}
