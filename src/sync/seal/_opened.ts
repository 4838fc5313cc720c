/** Which keys of a team are open here, and why they are believed. */
import { otherIdentity } from './_faults'
import { checkOf, proofOf, senderOf, unwrap, type Unwrapped } from './_wrap'
import { fingerprintOf } from './identity'
import type { TeamKeysOptions } from './team-keys'
import type { TeamKeyState } from './types'

export interface Opened {
  state: TeamKeyState
  readonly keys: Map<number, Uint8Array>
  /** The server shows an older key than one that was seen before: nothing is sealed with it. */
  isRolledBack: boolean
}

type Copy = TeamKeyState['mine'][number]

/**
 * Opens the copies that are believed, oldest first. One is believed when it
 *
 * - is the key that was believed before, or
 * - comes from somebody who was granted the team's key here (or from ourselves), or
 * - comes from a member whose public key is the one first seen, who proves to have had the key of the generation before, or
 * - is the first that ever arrives here: there is nothing to compare it with, and its sender is granted.
 */
export async function openCopies(
  options: TeamKeysOptions,
  { teamId, state }: { teamId: string; state: TeamKeyState },
  before: Opened | null,
): Promise<Opened> {
  const { identity, pins, routes, log } = options
  if (state.members.find(({ userId }) => userId === options.userId)?.publicKey !== identity.publicKey) {
    throw otherIdentity()
  }
  const opened: Opened = before ?? { state, keys: new Map(rememberedKeys(options, teamId)), isRolledBack: false }
  opened.state = state
  const seen = pins.keys(teamId)
  const isFirst = seen.length === 0
  for (const copy of state.mine.toSorted((one, other) => one.generation - other.generation)) {
    const { generation, wrapped } = copy
    const known = opened.keys.get(generation)
    const unwrapped = unwrap(wrapped, { teamId, generation }, identity)
    if (unwrapped === null) {
      log(`A copy of the key of team ${teamId}, generation ${generation}, does not open and is dropped.`)
      opened.state = await routes.dropCopy(teamId, generation)
      continue
    }
    if (known !== undefined && checkOf(known) === checkOf(unwrapped.key)) continue
    const isBelieved = isFirst
      ? await believeFirst(options, teamId, { copy, state })
      : isTrusted(options, teamId, { copy, state, unwrapped, keys: opened.keys })
    if (!isBelieved) {
      log(`The key of team ${teamId}, generation ${generation}, came from somebody unknown and is not used.`)
      continue
    }
    opened.keys.set(generation, unwrapped.key)
    await pins.saveKey(teamId, { generation, check: checkOf(unwrapped.key), wrapped })
  }
  const newest = Math.max(0, ...pins.keys(teamId).map(({ generation }) => generation))
  opened.isRolledBack = state.generation < newest
  if (opened.isRolledBack) {
    log(`The server shows generation ${state.generation} of the key of team ${teamId}; ${newest} was seen before.`)
  }
  return opened
}

/** The keys that were believed before, without asking the server. */
export function rememberedKeys({ identity, pins }: TeamKeysOptions, teamId: string): ReadonlyMap<number, Uint8Array> {
  return new Map(
    pins.keys(teamId).flatMap(({ generation, check, wrapped }) => {
      const unwrapped = unwrap(wrapped, { teamId, generation }, identity)
      return unwrapped !== null && checkOf(unwrapped.key) === check ? [[generation, unwrapped.key] as const] : []
    }),
  )
}

// --- internal ---

async function believeFirst(
  { identity, pins, userId, log, now }: TeamKeysOptions,
  teamId: string,
  { copy, state }: { copy: Copy; state: TeamKeyState },
): Promise<boolean> {
  const from = senderOf(copy.wrapped)
  if (from === null) return false
  if (from === identity.publicKey) return true
  const sender = state.members.find((member) => member.userId === copy.createdBy)
  // Whoever is a member still must be shown with the key that sent it.
  if (copy.createdBy === userId || (sender !== undefined && sender.publicKey !== from)) return false
  log(`The key of team ${teamId} came from ${sender?.email ?? 'a former member'}, fingerprint ${fingerprintOf(from)}.`)
  const grantedAt = sender === undefined ? null : new Date(now()).toISOString()
  await pins.save({ teamId, userId: copy.createdBy, publicKey: from, keyVersion: sender?.keyVersion ?? 0, grantedAt })
  return true
}

function isTrusted(
  { identity, pins }: TeamKeysOptions,
  teamId: string,
  found: { copy: Copy; state: TeamKeyState; unwrapped: Unwrapped; keys: ReadonlyMap<number, Uint8Array> },
): boolean {
  const { generation, wrapped } = found.copy
  const { key, proof } = found.unwrapped
  if (pins.keys(teamId).some((seen) => seen.generation === generation && seen.check === checkOf(key))) return true
  const from = senderOf(wrapped)
  if (from === identity.publicKey) return true
  const pin = pins.of(teamId).find(({ publicKey }) => publicKey === from)
  if (pin === undefined) return false
  if (pin.grantedAt !== null) return true
  const before = found.keys.get(generation - 1)
  const isMember = found.state.members.some(({ userId, publicKey }) => userId === pin.userId && publicKey === from)
  return isMember && before !== undefined && proof === proofOf(key, before, { teamId, generation })
}
