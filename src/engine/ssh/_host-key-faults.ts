/** Why a server's key was not accepted, with what a person needs to judge it. */
import { WarrenError, type HostKeyConflict } from '@shared/errors'
import type { CertificateProblem } from './_host-cert'
import { fingerprintOf, keyTypeOf, randomartOf } from './_fingerprint'
import type { KnownHostEntry } from './_known-hosts'
import { placeOf, type TrustedKey, type TrustStore } from './_trust-store'
import type { ServerPlan } from './types'

/** Another key than the recorded one, of whatever type. */
export function changedError(server: ServerPlan, blob: Buffer, store: TrustStore): WarrenError {
  const conflict = conflictOf(server, blob, store)
  const [old] = conflict.recorded
  const shown = `${conflict.shown.keyType} ${conflict.shown.fingerprint}`
  const before = old === undefined ? '' : `, before ${old.keyType} ${old.fingerprint} (${placeOf(old)})`
  return new WarrenError(
    'ssh.host-key-changed',
    `${server.name} shows another key than before: now ${shown}${before}.`,
    {
      fix: `Somebody may be listening in, or the server was reinstalled. Ask its administrator; if the new key is right, ${removal(conflict)}.`,
      remedy: { action: 'compare-host-keys', conflict },
    },
  )
}

/** `entry` marks the key itself, or the authority that signed its certificate. */
export function revokedError(server: ServerPlan, blob: Buffer, entry: KnownHostEntry): WarrenError {
  const isKey = entry.key === blob.toString('base64')
  const what = isKey
    ? `shows a key that is marked as revoked (${entry.file}:${entry.line}): ${fingerprintOf(blob)}`
    : `shows a certificate of an authority that is marked as revoked (${entry.file}:${entry.line})`
  return new WarrenError('ssh.host-key-revoked', `${server.name} ${what}.`, {
    fix: 'Do not connect. Ask its administrator.',
  })
}

export function listedAsRevokedError(server: ServerPlan, blob: Buffer, file: string): WarrenError {
  return new WarrenError(
    'ssh.host-key-revoked',
    `${server.name} shows a key that ${file} lists as revoked: ${fingerprintOf(blob)}.`,
    { fix: 'Do not connect. Ask its administrator.' },
  )
}

export function unknownError(server: ServerPlan, blob: Buffer): WarrenError {
  return new WarrenError(
    'ssh.host-key-unknown',
    `${server.name} shows a key that is not known: ${keyTypeOf(blob)} ${fingerprintOf(blob)}.`,
    {
      fix: 'Compare the fingerprint with its administrator, then connect once with the policy "ask".',
      field: 'hostKeyPolicy',
      remedy: { action: 'edit-server', serverId: server.id },
    },
  )
}

/** A certificate of a trusted authority that cannot be used, and a bare key that nobody trusts either. */
export function certificateError(server: ServerPlan, problem: CertificateProblem, cause?: unknown): WarrenError {
  return new WarrenError(problem.code, `The certificate of ${server.name} ${problem.reason}.`, {
    fix: certificateFix(server, problem),
    cause,
  })
}

// --- internal ---

function certificateFix(server: ServerPlan, { code }: CertificateProblem): string {
  switch (code) {
    case 'ssh.host-cert-expired':
      return 'Ask its administrator to have it signed anew. If it should be valid, check the clock of this machine.'
    case 'ssh.host-cert-not-yet-valid':
      return 'Check the clock of this machine; otherwise ask its administrator.'
    case 'ssh.host-cert-principal':
      return `Connect by a name it is for, or set HostKeyAlias for ${server.name} in the ssh config.`
    case 'ssh.host-cert-invalid':
      return 'Do not connect. Ask its administrator.'
  }
}

function conflictOf(server: ServerPlan, blob: Buffer, { name, trusted }: TrustStore): HostKeyConflict {
  const type = keyTypeOf(blob)
  // The recorded key of the same type is the one that changed.
  const recorded = [...trusted].sort((one, other) => Number(other.keyType === type) - Number(one.keyType === type))
  const files = [...new Set(trusted.flatMap(({ file }) => (file === null ? [] : [file])))]
  return {
    serverId: server.id,
    server: server.name,
    name,
    shown: summary(blob),
    recorded: recorded.map((known) => ({ ...summary(keyOf(known)), file: known.file, line: known.line })),
    commands: files.map((file) => `ssh-keygen -R ${quote(name)} -f ${quote(file)}`),
  }
}

function summary(key: Buffer): HostKeyConflict['shown'] {
  return { keyType: keyTypeOf(key), fingerprint: fingerprintOf(key), randomart: randomartOf(key) }
}

function keyOf({ key }: TrustedKey): Buffer {
  return Buffer.from(key, 'base64')
}

function removal({ recorded, commands, name }: HostKeyConflict): string {
  const steps = [
    ...(commands.length > 0 ? [`take the old one out with: ${commands.join(' ; ')}`] : []),
    ...(recorded.some(({ file }) => file === null)
      ? [`forget the old one of ${name} under Servers › Trusted keys`]
      : []),
  ]
  return steps.join(', and ')
}

/** For a shell: names and paths without surprises stay as they are. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
