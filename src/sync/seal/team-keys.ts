/**
 * Keys of teams: one per generation, wrapped for each member.
 *
 * The server names members and their public keys, and could lie. So a key is given only to a public key that a person compared
 * (`grant`), or that gave us the team's first key. What is taken is said in `./_opened`. Who is gone is given nothing more, and a key that is
 * older than one seen before does not seal.
 */
import { WarrenError } from '@shared/errors'
import { keyWaits, memberHasNoKey, memberKeyChanged, otherIdentity, roleTooLow } from './_faults'
import { openCopies, rememberedKeys, type Opened } from './_opened'
import { checkOf, newTeamKey, wrap } from './_wrap'
import { fingerprintOf, isSameFingerprint, type Identity } from './identity'
import type { SealingKey } from './secret'
import type { KeyRoutes, Pin, PinStore, TeamKeyState, TeamKeyView, TeamOfMine, WrappedCopy } from './types'

export interface TeamKeysOptions {
  readonly routes: KeyRoutes
  readonly identity: Identity
  /** Of this account. */
  readonly userId: string
  readonly pins: PinStore
  /** For people; without secrets. */
  readonly log: (message: string) => void
  readonly now: () => number
}

export interface TeamKeys {
  /**
   * Asks the server how the team's key stands, opens what is there, and does what is due: gives the key to members who were granted it
   * and lack it, and makes a new one after somebody left. Throws `cloud.*`; `cloud.key-locked` when the account has another key by now.
   */
  readonly look: (team: TeamOfMine) => Promise<TeamKeyView>
  /** As last seen. */
  readonly view: (teamId: string) => TeamKeyView | null
  /** What seals now; `null` when it is not open here. */
  readonly newest: (teamId: string) => SealingKey | null
  /** Also before the first look, from what is remembered. */
  readonly key: (teamId: string, generation: number) => Uint8Array | null
  /** What seals now; makes the team's first key, or a new one when the one before is lost. Throws `cloud.team-key-waiting`, `cloud.forbidden`. */
  readonly ensure: (team: TeamOfMine) => Promise<SealingKey>
  /**
   * Gives a member the team's key, having compared the fingerprint; or trusts a member who gave it to us. Throws `cloud.key-changed` when
   * their key is another one than the person saw.
   */
  readonly grant: (team: TeamOfMine, member: { readonly userId: string; readonly fingerprint: string }) => Promise<void>
  /** A member was taken out here: nothing is wrapped for them again, whatever the server says. */
  readonly revoke: (teamId: string, userId: string) => Promise<void>
  readonly forget: (teamId: string) => Promise<void>
}

/** Somebody else may have been first with the same; then the state is another one, and it is looked at anew. */
const TRIES = 4
/** New keys of one look; more than one only after a server went back. */
const MAX_STEPS = 20

export function createTeamKeys(options: TeamKeysOptions): TeamKeys {
  const { routes, pins } = options
  const teams = new Map<string, Opened>()
  /** Our own copies of keys that were made here; a copy that comes back as it was sent says so although the answer was lost. */
  const sent = new Set<string>()
  const inTurn = makeQueue()

  const open = async (teamId: string, state: TeamKeyState): Promise<Opened> => {
    const opened = await openCopies(options, { teamId, state }, teams.get(teamId) ?? null)
    teams.set(teamId, opened)
    return opened
  }
  const makeNext = async (teamId: string, opened: Opened): Promise<Opened> => {
    const next = nextKey(options, teamId, opened)
    const own = next.request.copies.find(({ userId }) => userId === options.userId)
    if (own !== undefined) sent.add(own.wrapped)
    const state = await routes.newGeneration(teamId, next.request)
    // So that our own copy is believed when it comes back, and known again after a crash.
    await pins.saveKey(teamId, {
      generation: next.request.generation,
      check: checkOf(next.key),
      wrapped: own?.wrapped ?? '',
    })
    options.log(
      `Team ${teamId} has a new key, generation ${next.request.generation}, for ${next.request.copies.length} of ${state.members.length} members.`,
    )
    return open(teamId, state)
  }
  const look = (team: TeamOfMine): Promise<Opened> =>
    again(async () => {
      const state = await routes.ofTeam(team.id)
      const isKnownKey = state.generation > 0 && state.generation === newestSeen(pins, team.id)
      // Before anything is believed: a sender who is shown for the first time is no sender seen before.
      let opened = await open(team.id, state)
      const isSomebodyGone = await revokeGone(options, team.id, state)
      await seeMembers(pins, team.id, state)
      // Even when the server says nothing of it: who left had the key that is still the newest.
      let isDue = state.rekeyDue || (isSomebodyGone && isKnownKey) || opened.isRolledBack
      for (let left = MAX_STEPS; isDue && left > 0 && mayMakeNext(team, opened); left -= 1) {
        opened = await makeNext(team.id, opened)
        isDue = opened.isRolledBack
      }
      const copies = lackingCopies(options, team.id, opened)
      return copies.length === 0 ? opened : open(team.id, await routes.addCopies(team.id, copies))
    })
  const newest = (teamId: string): SealingKey | null => {
    const opened = teams.get(teamId)
    const key = opened?.keys.get(opened.state.generation)
    return opened === undefined || key === undefined || opened.isRolledBack
      ? null
      : { generation: opened.state.generation, key }
  }

  return {
    look: (team) =>
      inTurn(async () => {
        const { state } = await look(team)
        return viewOf(options, team.id, { state, isOpen: newest(team.id) !== null, sent })
      }),
    view: (teamId) => {
      const opened = teams.get(teamId)
      return opened === undefined
        ? null
        : viewOf(options, teamId, { state: opened.state, isOpen: newest(teamId) !== null, sent })
    },
    newest,
    key: (teamId, generation) => (teams.get(teamId)?.keys ?? rememberedKeys(options, teamId)).get(generation) ?? null,
    ensure: (team) =>
      inTurn(async () => {
        await look(team)
        await again(async () => {
          const state = await routes.ofTeam(team.id)
          if (state.generation > 0 && !state.lost) return
          if (!mayEdit(team)) throw roleTooLow(team)
          await makeNext(team.id, await open(team.id, state))
        })
        const key = newest(team.id)
        if (key === null) throw keyWaits(team)
        return key
      }),
    grant: (team, { userId, fingerprint }) =>
      inTurn(async () => {
        const state = await routes.ofTeam(team.id)
        const member = state.members.find((each) => each.userId === userId)
        if (member === undefined || member.publicKey === null || member.keyVersion === null) {
          throw memberHasNoKey(member?.email)
        }
        const { publicKey, keyVersion } = member
        if (!isSameFingerprint(fingerprintOf(publicKey), fingerprint)) throw memberKeyChanged(member.email)
        await pins.save({ teamId: team.id, userId, publicKey, keyVersion, grantedAt: now(options) })
        await look(team)
      }),
    revoke: (teamId, userId) =>
      inTurn(async () => {
        const pin = pins.of(teamId).find((each) => each.userId === userId)
        if (pin !== undefined) await pins.save({ ...pin, grantedAt: null })
      }),
    forget: (teamId) =>
      inTurn(async () => {
        teams.delete(teamId)
        await pins.forget(teamId)
      }),
  }
}

// --- internal ---

type Member = TeamKeyState['members'][number]

function makeQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = tail.then(work)
    tail = mine.catch(() => undefined)
    return mine
  }
}

async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof WarrenError) || error.code !== 'cloud.changed-meanwhile' || left === 1) throw error
    }
  }
}

function now(options: TeamKeysOptions): string {
  return new Date(options.now()).toISOString()
}

function mayEdit({ role }: TeamOfMine): boolean {
  return role !== 'user'
}

function mayMakeNext(team: TeamOfMine, { state, keys }: Opened): boolean {
  return mayEdit(team) && state.generation > 0 && keys.has(state.generation) && isMine(state, state.generation)
}

/** Whether the server, too, says that we hold it. */
function isMine(state: TeamKeyState, generation: number): boolean {
  return state.mine.some((copy) => copy.generation === generation)
}

/** Members whose key is the one that was granted; not ourselves. */
function grantedMembers({ pins, userId: me }: TeamKeysOptions, teamId: string, state: TeamKeyState): readonly Member[] {
  const granted = pins.of(teamId).filter(({ grantedAt }) => grantedAt !== null)
  return state.members.filter(
    ({ userId, publicKey }) =>
      userId !== me && granted.some((pin) => pin.userId === userId && pin.publicKey === publicKey),
  )
}

function copyFor(
  { identity }: TeamKeysOptions,
  { userId, publicKey, keyVersion }: Member,
  about: { teamId: string; generation: number; key: Uint8Array; before: Uint8Array | null },
): readonly WrappedCopy[] {
  if (publicKey === null || keyVersion === null) return []
  const { teamId, generation, ...keys } = about
  const wrapped = wrap(keys, { teamId, generation }, { from: identity, to: publicKey })
  return wrapped === null ? [] : [{ userId, keyVersion, wrapped }]
}

function nextKey(
  options: TeamKeysOptions,
  teamId: string,
  { state, keys }: Opened,
): { readonly key: Uint8Array; readonly request: { generation: number; copies: readonly WrappedCopy[] } } {
  const generation = state.generation + 1
  const key = newTeamKey()
  const before = keys.get(state.generation) ?? null
  const myself = state.members.find(({ userId }) => userId === options.userId)
  if (myself?.publicKey !== options.identity.publicKey) throw otherIdentity()
  const copies = [myself, ...grantedMembers(options, teamId, state)].flatMap((member) =>
    copyFor(options, member, { teamId, generation, key, before }),
  )
  return { key, request: { generation, copies } }
}

/** What granted members lack, of every generation that is open here: older ones open what was sealed before they came. */
function lackingCopies(
  options: TeamKeysOptions,
  teamId: string,
  { state, keys }: Opened,
): readonly (WrappedCopy & { readonly generation: number })[] {
  return grantedMembers(options, teamId, state).flatMap((member) =>
    [...keys].flatMap(([generation, key]) => {
      if (member.generations.includes(generation) || !isMine(state, generation)) return []
      const about = { teamId, generation, key, before: keys.get(generation - 1) ?? null }
      return copyFor(options, member, about).map((copy) => ({ ...copy, generation }))
    }),
  )
}

/** Trusts who is gone no more; true when there is one. */
async function revokeGone(
  { pins, userId: me }: TeamKeysOptions,
  teamId: string,
  { members }: TeamKeyState,
): Promise<boolean> {
  const isHere = (id: string): boolean => id === me || members.some(({ userId }) => userId === id)
  const gone = pins.of(teamId).filter(({ userId, grantedAt }) => grantedAt !== null && !isHere(userId))
  for (const pin of gone) await pins.save({ ...pin, grantedAt: null })
  return gone.length > 0
}

/** 0 for none. */
function newestSeen(pins: PinStore, teamId: string): number {
  return Math.max(0, ...pins.keys(teamId).map(({ generation }) => generation))
}

/** Remembers keys that are shown for the first time, so that another one is noticed later. */
async function seeMembers(pins: PinStore, teamId: string, state: TeamKeyState): Promise<void> {
  for (const { userId, publicKey, keyVersion } of state.members) {
    if (publicKey === null || keyVersion === null || pins.of(teamId).some((pin) => pin.userId === userId)) continue
    await pins.save({ teamId, userId, publicKey, keyVersion, grantedAt: null })
  }
}

function viewOf(
  { pins, userId: me, identity }: TeamKeysOptions,
  teamId: string,
  { state, isOpen, sent }: { state: TeamKeyState; isOpen: boolean; sent: ReadonlySet<string> },
): TeamKeyView {
  const newest = state.mine.find(({ generation }) => generation === state.generation)
  const seen: readonly Pick<Pin, 'userId' | 'publicKey'>[] = [
    { userId: me, publicKey: identity.publicKey },
    ...pins.of(teamId),
  ]
  return {
    ...{ generation: state.generation, rekeyDue: state.rekeyDue, lost: state.lost },
    key: state.generation === 0 ? 'none' : isOpen ? 'ready' : 'waiting',
    isMaker: newest?.createdBy === me,
    isMadeHere: newest !== undefined && newest.createdBy === me && sent.has(newest.wrapped),
    members: state.members.map(({ userId, email, username, role, publicKey, generations }) => {
      const has = generations.includes(state.generation)
      const pin = seen.find((each) => each.userId === userId)
      return {
        ...{ userId, email, username, role },
        key: publicKey === null ? 'keyless' : state.generation === 0 ? 'no-team-key' : has ? 'has' : 'waits',
        fingerprint: publicKey === null ? null : fingerprintOf(publicKey),
        keyChanged: publicKey !== null && pin !== undefined && pin.publicKey !== publicKey,
      }
    }),
  }
}
