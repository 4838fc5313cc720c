/** From the paths of a server to what is in the files, and why one cannot be used. */
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { WarrenError } from '@shared/errors'
import { parseCertificate, type Certificate } from './_certificate'
import { readKeyFile, readPublicKey, type KeyFile } from './_key-file'
import { SHARED_KEY } from './types'

const OTHERS_BITS = 0o077
const MAX_KEY_FILE_BYTES = 1024 * 1024

/** A key file and what it offers. */
export interface LoadedKey {
  readonly file: string
  /** The field of the server that names it, `null` for a default. */
  readonly field: string | null
  /** The public half; `null` when it is behind the passphrase. */
  readonly blob: Buffer | null
  /** `null` when only an agent can sign: a public half, a security key, or a file that may not be used. */
  readonly secret: Extract<KeyFile, { kind: 'private' | 'locked' }> | null
  readonly isSecurityKey: boolean
  /** Why the file is of no use by itself. */
  readonly problem: WarrenError | null
}

export interface LoadedCertificate {
  readonly file: string
  readonly blob: Buffer
  readonly certificate: Certificate
}

/** `null` for a default that is not there. `field` names the field of the server, `null` for a default. */
export async function loadKey(file: string, field: string | null): Promise<LoadedKey | null> {
  const data = await readSmall(file, field)
  if (data === null || data instanceof WarrenError) {
    // As ssh: with the public half alone, the agent may hold the private one.
    const blob = await publicHalf(file)
    const at = { file, field, blob }
    if (blob !== null) return withoutSecret(at, data)
    return data === null && field === null ? null : withoutSecret(at, data ?? missingError(file, field))
  }
  const found = await readKeyFile(data)
  switch (found.kind) {
    case 'public':
      return withoutSecret({ file, field, blob: found.blob })
    case 'security-key':
      return { ...withoutSecret({ file, field, blob: found.blob }), isSecurityKey: true }
    case 'unusable':
      return withoutSecret({ file, field, blob: await publicHalf(file) }, notAKey(file, field, found.type))
    case 'private':
    case 'locked': {
      const blob = found.blob ?? (await publicHalf(file))
      const tooOpen = await opennessOf(file, field)
      if (tooOpen !== null) return withoutSecret({ file, field, blob }, tooOpen)
      return { file, field, blob, secret: found, isSecurityKey: false, problem: null }
    }
  }
}

/** A key that is no file: its text comes from whoever shares it, and stays in memory. */
export async function loadSharedKey(text: string): Promise<LoadedKey> {
  const at = { file: SHARED_KEY, field: null }
  const found = await readKeyFile(Buffer.from(text, 'utf8'))
  switch (found.kind) {
    case 'private':
    case 'locked':
      return { ...at, blob: found.blob, secret: found, isSecurityKey: false, problem: null }
    case 'public':
    case 'security-key':
      return { ...withoutSecret({ ...at, blob: found.blob }), isSecurityKey: found.kind === 'security-key' }
    case 'unusable':
      return withoutSecret({ ...at, blob: null }, notAKey('The shared key', null, found.type))
  }
}

/** `null` when there is none and nobody named it. */
export async function loadCertificate(
  file: string,
  field: string | null,
): Promise<LoadedCertificate | WarrenError | null> {
  const data = await readSmall(file, field)
  if (data === null) return field === null ? null : missingCertificate(file, field)
  if (data instanceof WarrenError) return data
  const blob = readPublicKey(data)
  const certificate = blob === null ? null : parseCertificate(blob)
  if (blob !== null && certificate?.kind === 'user') return { file, blob, certificate }
  const what = certificate === null ? 'is not an OpenSSH certificate' : 'is a certificate for hosts, not for people'
  return new WarrenError('key.not-a-certificate', `${file} ${what}.`, {
    field,
    fix: 'ssh-keygen -L -f shows what is in it.',
  })
}

// --- internal ---

function withoutSecret(at: Pick<LoadedKey, 'file' | 'field' | 'blob'>, problem: WarrenError | null = null): LoadedKey {
  return { ...at, secret: null, isSecurityKey: false, problem }
}

/** The public half in `file.pub`, so that a passphrase is asked only for a key the server wants. */
async function publicHalf(file: string): Promise<Buffer | null> {
  const data = await readSmall(`${file}.pub`, null)
  return data === null || data instanceof WarrenError ? null : readPublicKey(data)
}

/** `null` when it is not there. */
async function readSmall(file: string, field: string | null): Promise<Buffer | WarrenError | null> {
  try {
    const info = await stat(file)
    if (!info.isFile() || info.size > MAX_KEY_FILE_BYTES) return notAKey(file, field, null)
    await access(file, constants.R_OK)
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    return new WarrenError('key.unreadable', `The key file ${file} cannot be read: ${code ?? String(error)}.`, {
      field,
      cause: error,
    })
  }
}

/** As ssh: a private key that others can read is not used. */
async function opennessOf(file: string, field: string | null): Promise<WarrenError | null> {
  if (process.platform === 'win32') return null
  const info = await stat(file)
  if ((info.mode & OTHERS_BITS) === 0 || info.uid !== process.getuid?.()) return null
  const bits = (info.mode & 0o777).toString(8).padStart(4, '0')
  return new WarrenError(
    'key.too-open',
    `Permissions ${bits} for '${file}' are too open; this private key will be ignored.`,
    { field, fix: `chmod 600 ${file}` },
  )
}

function missingError(file: string, field: string | null): WarrenError {
  return new WarrenError('key.missing', `The key file ${file} does not exist.`, { field, fix: 'Check the path.' })
}

function missingCertificate(file: string, field: string): WarrenError {
  return new WarrenError('key.missing', `The certificate ${file} does not exist.`, { field, fix: 'Check the path.' })
}

function notAKey(file: string, field: string | null, type: string | null): WarrenError {
  const what = type === null ? 'is not a private key that Warren can use' : `holds a key of type ${type}`
  return new WarrenError('key.not-a-key', `${file} ${what}.`, {
    field,
    fix:
      type === null
        ? 'OpenSSH, PEM, PKCS#8 and PuTTY files work.'
        : 'Servers do not take that type any more: make a new key with ssh-keygen -t ed25519.',
  })
}
