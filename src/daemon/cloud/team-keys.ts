/** The keys of the account and its teams on this machine: what opens and seals, and what is due about them. */
import type { CloudTeam } from '@shared/cloud-views'
import { toFault, WarrenError, type ErrorCode } from '@shared/errors'
import {
  createTeamKeys,
  generationOf,
  identityOf,
  makeIdentity,
  openIdentity,
  openSecret,
  personalKey,
  prepareSealing,
  sealIdentity,
  sealSecret,
  wordOf,
  type CloudClient,
  type Identity,
  type Namespace,
  type OwnKey,
  type PinStore,
  type SealingKey,
  type TeamKeys,
  type TeamKeyState,
  type TeamOfMine,
} from '@sync'
import { keyExists, keyLocked, noKeyYet, noSealing, notSealedFor, teamKeyWaits } from './_key-faults'
import { createSealingAnew } from './_seal-anew'
import type { Keychain, Keys, SealedField, SealedFields } from './types'

export interface KeysOptions {
  readonly client: Pick<CloudClient, 'keys' | 'extensions' | 'validate'>
  readonly keychain: Keychain
  /** Of the account. */
  readonly userId: string
  readonly pins: PinStore
  readonly sealed: SealedFields
  readonly teams: () => readonly TeamOfMine[]
  readonly log: (message: string) => void
  readonly now: () => number
  /** What is shared was heard of since the daemon started, and the server is there. */
  readonly isCurrent: () => boolean
  /** What is readable, or how keys stand, may be another now. */
  readonly onChange: () => void
}

export interface AccountKeys extends Keys {
  /** Reads the key that was unlocked here before; asks no server. */
  readonly begin: () => Promise<void>
  /** Hears from the server how the account's key stands, so that `state` says it; what it cannot hear now it hears with the next look. */
  readonly hear: () => Promise<void>
  /** Makes what seals for a namespace ready: a team's first key is made here. Throws as `seal`, and `cloud.*`. */
  readonly prepare: (namespace: Namespace) => Promise<void>
  /** Throws `cloud.no-sealing`, `cloud.key-exists`. */
  readonly makeKey: () => Promise<{ readonly recoveryCode: string }>
  /** Throws `cloud.recovery-code`, `cloud.no-sealing`, `cloud.not-found` when there is no key. */
  readonly unlock: (recoveryCode: string) => Promise<void>
  /**
   * A new recovery code. Where the key is open it is sealed anew and nothing is lost; elsewhere a new key takes its place: what is personal
   * opens no more, and teams must give theirs again.
   */
  readonly resetKey: () => Promise<{ readonly recoveryCode: string }>
  /** The keys of teams; throws `cloud.key-locked` while the account's is not open here. */
  readonly ofTeams: () => TeamKeys
  /** How the server says that a team's keys stand, where the account's key is not open here. */
  readonly lookLocked: (teamId: string) => Promise<TeamKeyState>
  readonly isSupported: () => boolean
  readonly forgetTeam: (teamId: string) => Promise<void>
}

interface Open {
  readonly identity: Identity
  readonly personal: SealingKey
  readonly teams: TeamKeys
}

export function createKeys(options: KeysOptions): AccountKeys {
  const { client, keychain, pins, log } = options
  let open: Open | null = null
  let own: OwnKey | null | 'unknown' = 'unknown'
  let isClosed = false
  const isSupported = (): boolean => client.extensions().has('sealed')
  /** No extension is what a server without any answers, and what is known before the first answer. */
  let hasAnswered = false
  const isRefused = (): boolean => (hasAnswered || client.extensions().size > 0) && !isSupported()

  const use = (identity: Identity | null): void => {
    open = identity && {
      identity,
      personal: personalKey(identity),
      teams: createTeamKeys({ ...options, identity, routes: client.keys }),
    }
  }
  const readOwn = async (): Promise<OwnKey | null> => {
    let read: OwnKey | null
    try {
      read = await client.keys.mine()
    } catch (error) {
      hasAnswered ||= isCode(error, 'cloud.no-extension')
      throw isCode(error, 'cloud.no-extension') ? noSealing() : error
    }
    // That there is no key yet does not say what the server knows beyond the document; an answer that succeeds does.
    if (read === null && client.extensions().size === 0) await client.validate()
    hasAnswered = true
    if (!isSupported()) throw noSealing()
    own = read
    return read
  }
  /** The key that is open here is the account's, as far as the server was asked. */
  const current = (): Open | null =>
    open !== null && (own === 'unknown' || own?.publicKey === open.identity.publicKey) ? open : null
  const opened = (): Open => {
    const found = current()
    if (found === null) throw own === null ? noKeyYet() : keyLocked()
    return found
  }
  const keep = async (identity: Identity): Promise<void> => {
    await keychain.set({ privateKey: identity.privateKey })
    use(identity)
  }
  /** It rests here first: a code that was told must never be the only way to a key. */
  const publish = async (identity: Identity, rest: { sealedPrivateKey: string; replaces: number }): Promise<void> => {
    const before = keychain.get().privateKey
    await keychain.set({ privateKey: identity.privateKey })
    try {
      own = await client.keys.publish({ publicKey: identity.publicKey, ...rest })
    } catch (error) {
      if (isUnclear(error)) {
        // The answer may be what was lost.
        const now = await client.keys.mine().catch(() => null)
        if (now?.sealedPrivateKey !== rest.sealedPrivateKey) throw error
        own = now
      } else {
        await keychain.set({ privateKey: before })
        // Another machine of the same person was first.
        throw isCode(error, 'cloud.changed-meanwhile') ? keyExists() : error
      }
    }
    use(identity)
  }

  const keyFor = (field: SealedField): { key: Uint8Array; serverAddress: string } => {
    const generation = generationOf(field.text)
    if (generation === null || field.serverAddress === null) throw notSealedFor(field)
    const { namespace, serverAddress } = field
    const { personal, teams } = opened()
    const key = namespace === null ? personal.key : teams.key(namespace, generation)
    if (key === null) throw teamKeyWaits(wordOf(field.field))
    return { key, serverAddress }
  }
  const openField = (field: SealedField): string => {
    const { key, serverAddress } = keyFor(field)
    const { namespace } = field
    return openSecret(field.text, { namespace, field: field.field, serverAddress }, key)
  }
  const seal: Keys['seal'] = ({ namespace, field, serverAddress, value }) => {
    // Not known yet is no "no": what is sealed offline waits for the server.
    if (isRefused()) throw noSealing()
    if (serverAddress === null) throw notSealedFor({ field, serverAddress })
    const { personal, teams } = opened()
    const key = namespace === null ? personal : teams.newest(namespace)
    if (key === null) throw teamKeyWaits(wordOf(field))
    return sealSecret(value, { namespace, field, serverAddress }, key)
  }
  const reseal: Keys['reseal'] = (field, to) => {
    try {
      return seal({ ...to, field: field.field, value: openField(field) })
    } catch {
      return null
    }
  }

  const sealAnew = createSealingAnew({ ...options, reseal })
  const begin = async (): Promise<void> => {
    const { privateKey } = keychain.get()
    if (privateKey === null || open !== null) return
    await prepareSealing()
    use(identityOf(privateKey))
  }
  const lookAll = async (): Promise<void> => {
    // Whoever looks heard of the server before.
    hasAnswered = true
    if (!isSupported()) return
    await readOwn()
    // A key that was published with its answer lost rests in the keychain only.
    await begin()
    for (const team of options.teams()) {
      const found = current()
      if (found === null || isClosed) return
      await sealAnew(team, await found.teams.look(team))
    }
  }
  const tolerated = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      // What cannot be looked at now is looked at with the next news; sync itself says why the server is away.
      log(`keys: ${toFault(error).message}`)
    }
  }
  let looking: Promise<void> | null = null
  let isStale = false
  const look = (): Promise<void> => {
    isStale = true
    looking ??= (async () => {
      try {
        while (isStale && !isClosed) {
          isStale = false
          await tolerated(lookAll)
          options.onChange()
        }
      } finally {
        // In the turn that found nothing more to do: who asks after it begins anew.
        looking = null
      }
    })()
    return looking
  }

  return {
    begin,
    hear: () => tolerated(async () => void (await readOwn())),
    state: () => {
      if (isRefused()) return 'unsupported'
      if (own === 'unknown' && open === null) return 'none'
      return current() !== null ? 'ready' : own === null ? 'none' : 'locked'
    },
    team: (teamId) => {
      const found = current()
      if (found === null) return own === null || own === 'unknown' ? 'none' : 'locked'
      return found.teams.view(teamId)?.key ?? rememberedState(pins, teamId)
    },
    isReadable: (field) => {
      try {
        openField(field)
        return true
      } catch {
        return false
      }
    },
    ...{ seal, open: openField, reseal, look, isSupported },
    prepare: async (namespace) => {
      if ((await readOwn()) === null) throw noKeyYet()
      const { teams } = opened()
      if (namespace === null) return
      const team = options.teams().find(({ id }) => id === namespace)
      if (team === undefined) throw new WarrenError('cloud.not-found', 'You are not in that team any more.')
      const before = teams.view(namespace)?.generation
      const { generation } = await teams.ensure(team)
      if (generation !== before) void look()
    },
    makeKey: async () => {
      await prepareSealing()
      if ((await readOwn()) !== null) throw keyExists()
      const { identity, recoveryCode, sealedPrivateKey } = makeIdentity()
      await publish(identity, { sealedPrivateKey, replaces: 0 })
      void look()
      return { recoveryCode }
    },
    unlock: async (recoveryCode) => {
      await prepareSealing()
      const kept = await readOwn()
      if (kept === null) throw noKeyYet()
      await keep(openIdentity(kept, recoveryCode))
      await look()
    },
    resetKey: async () => {
      await prepareSealing()
      const before = await readOwn()
      const here = current()?.identity
      const made = here === undefined ? makeIdentity() : { identity: here, ...sealIdentity(here) }
      const { identity, recoveryCode, sealedPrivateKey } = made
      await publish(identity, { sealedPrivateKey, replaces: before?.version ?? 0 })
      await look()
      return { recoveryCode }
    },
    ofTeams: () => opened().teams,
    lookLocked: (teamId) => client.keys.ofTeam(teamId),
    forgetTeam: async (teamId) => {
      await (open === null ? pins.forget(teamId) : open.teams.forget(teamId))
    },
    close: () => {
      isClosed = true
      open = null
    },
  }
}

// --- internal ---

function rememberedState(pins: PinStore, teamId: string): CloudTeam['key'] {
  return pins.keys(teamId).length > 0 ? 'ready' : 'none'
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof WarrenError && error.code === code
}

/** Whether the server may have done it all the same. */
function isUnclear(error: unknown): boolean {
  const codes = ['cloud.timeout', 'cloud.unreachable', 'cloud.bad-answer', 'cloud.server-fault'] as const
  return codes.some((code) => isCode(error, code))
}
