/** Trust in a server's key: known_hosts and Warren's pins, and the question when neither knows it. */
import { readFile } from 'node:fs/promises'
import { WarrenError } from '@shared/errors'
import type { HostKeyPolicy, ServerSpec } from '@shared/specs'
import { fingerprintOf, keyTypeOf, randomartOf } from './_fingerprint'
import { hostKeyName, matchesHost, parseKnownHosts, type KnownHostEntry } from './_known-hosts'
import type { HostKeyPin, SshPorts } from './types'

interface TrustedKey {
  readonly keyType: string
  readonly key: string
  /** Where it is recorded, for messages. */
  readonly where: string
  /** Where a person takes it away. */
  readonly removeAt: string
}

export interface HostKeyContext {
  readonly server: ServerSpec
  readonly login: string
  readonly policy: HostKeyPolicy
  readonly ports: SshPorts
  readonly signal: AbortSignal
  /** Runs while a person thinks: no time-out counts then. */
  readonly whileAsking: <T>(work: () => Promise<T>) => Promise<T>
}

export interface HostKeyBook {
  /** Types that are trusted for this server, so that the key exchange asks for them first. */
  readonly knownTypes: readonly string[]
  /** Resolves with where the trust is recorded; rejects with `ssh.host-key-…` or what the need rejects with. */
  readonly verify: (key: Buffer) => Promise<string>
}

/** Reads what is known about the server now; files that do not exist are empty. */
export async function openHostKeyBook(context: HostKeyContext): Promise<HostKeyBook> {
  const { server, ports } = context
  const name = hostKeyName(server.host, server.port)
  const entries = (await Promise.all(ports.environment.knownHostsFiles.map(readEntries))).flat()
  const pins = ports.pins.find(name)
  const matching = entries.filter((entry) => matchesHost(entry, name))
  const trusted: TrustedKey[] = [
    ...matching
      .filter((entry) => entry.marker === null)
      .map((entry) => ({
        keyType: entry.keyType,
        key: entry.key,
        where: `${entry.file}:${entry.line}`,
        removeAt: `from ${entry.file}, line ${entry.line}`,
      })),
    ...pins.map((pin) => ({
      keyType: pin.keyType,
      key: pin.key,
      where: 'what you trusted in Warren',
      removeAt: 'under Servers › Trusted keys',
    })),
  ]
  return {
    knownTypes: [...new Set(trusted.map(({ keyType }) => keyType))],
    verify: async (blob) => {
      const key = blob.toString('base64')
      const revoked = matching.find((entry) => entry.marker === 'revoked' && entry.key === key)
      if (revoked !== undefined) throw revokedError(server, blob, revoked)
      const known = trusted.find((each) => each.key === key)
      if (known !== undefined) return known.where
      if (trusted.length > 0) throw changedError(server, blob, trusted)
      return await decideUnknown(context, blob, { name, entries })
    },
  }
}

// --- internal ---

async function readEntries(file: string): Promise<readonly KnownHostEntry[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch {
    // Missing or unreadable: it makes no key known, which is the safe side.
    return []
  }
}

async function decideUnknown(
  context: HostKeyContext,
  blob: Buffer,
  known: { name: string; entries: readonly KnownHostEntry[] },
): Promise<string> {
  const { server, ports, policy } = context
  const keyType = keyTypeOf(blob)
  const key = blob.toString('base64')
  const pin: HostKeyPin = { host: known.name, keyType, key }
  const fingerprint = fingerprintOf(blob)
  switch (policy) {
    case 'accept-new':
      ports.pins.add(pin)
      ports.log(server.id, {
        level: 'info',
        message: `Trusted the new ${keyType} key of ${known.name}: ${fingerprint}`,
        code: null,
      })
      return 'the policy to accept new keys'
    case 'strict':
      throw new WarrenError('ssh.host-key-unknown', `${server.name} shows a key that is not known: ${fingerprint}.`, {
        fix: 'Compare the fingerprint with its administrator, then connect once with the policy "ask".',
        field: 'hostKeyPolicy',
      })
    case 'ask':
      break
  }
  const answer = await context.whileAsking(() =>
    ports.ask(
      {
        kind: 'host-key',
        serverId: server.id,
        server: server.name,
        login: context.login,
        host: server.host,
        port: server.port,
        keyType,
        fingerprint,
        randomart: randomartOf(blob),
        knownAs: otherNames(key, known.entries, ports.pins.all()),
      },
      context.signal,
    ),
  )
  if (answer.kind === 'host-key' && answer.decision === 'trust') {
    ports.pins.add(pin)
    return 'you, just now'
  }
  if (answer.kind === 'host-key' && answer.decision === 'once') return 'you, just this once'
  throw new WarrenError('ssh.host-key-rejected', `You did not trust the key of ${server.name}.`, {
    fix: 'Start again to be asked again.',
  })
}

function otherNames(key: string, entries: readonly KnownHostEntry[], pins: readonly HostKeyPin[]): readonly string[] {
  const named = entries.filter((entry) => entry.key === key && entry.marker === null && !entry.hosts.startsWith('|'))
  return [
    ...new Set([
      ...named.flatMap((entry) => entry.hosts.split(',')),
      ...pins.filter((pin) => pin.key === key).map((pin) => pin.host),
    ]),
  ]
}

function changedError(server: ServerSpec, blob: Buffer, trusted: readonly TrustedKey[]): WarrenError {
  const type = keyTypeOf(blob)
  const old = trusted.find((known) => known.keyType === type) ?? trusted[0]
  const before = old === undefined ? '' : fingerprintOf(Buffer.from(old.key, 'base64'))
  return new WarrenError(
    'ssh.host-key-changed',
    `${server.name} shows another key than before: now ${type} ${fingerprintOf(blob)}, ` +
      `before ${old?.keyType ?? ''} ${before} (${old?.where ?? ''}).`,
    {
      fix:
        'Somebody may be listening in, or the server was reinstalled. Ask its administrator; ' +
        `if the new key is right, remove the old entry ${old?.removeAt ?? ''}.`,
      remedy: { action: 'edit-server', serverId: server.id },
    },
  )
}

function revokedError(server: ServerSpec, blob: Buffer, entry: KnownHostEntry): WarrenError {
  return new WarrenError(
    'ssh.host-key-revoked',
    `${server.name} shows a key that is marked as revoked (${entry.file}:${entry.line}): ${fingerprintOf(blob)}.`,
    { fix: 'Do not connect. Ask its administrator.' },
  )
}
