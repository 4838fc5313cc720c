/** The key routes of a cloud server in memory, as the server keeps them; it can be told to lie. */
import { WarrenError } from '@shared/errors'
import type { TeamRole } from '@shared/cloud-views'
import type { KeyRoutes, Pin, PinStore, SeenKey, TeamKeyState } from '@sync'

interface Account {
  readonly userId: string
  role: TeamRole
  publicKey: string | null
  keyVersion: number
}
interface Copy {
  readonly userId: string
  readonly generation: number
  readonly wrapped: string
  readonly createdBy: string
}

export interface KeyServer {
  readonly routesOf: (userId: string) => KeyRoutes
  readonly join: (userId: string, publicKey: string | null, role?: TeamRole) => void
  readonly remove: (userId: string) => void
  /** Another public key, as after a reset; or as a server that lies shows it. */
  readonly showKey: (userId: string, publicKey: string) => void
  readonly state: (userId: string) => TeamKeyState
  readonly copies: Copy[]
  generation: number
  rekeyDue: boolean
  /** Called before a new generation is taken: another client may be first. */
  beforeNext: (() => Promise<void>) | null
}

export const TEAM = '6f1d7a52-5b5e-4f0c-9a9e-0d3a2f6f8b11'

export function startKeyServer(): KeyServer {
  const accounts = new Map<string, Account>()
  const copies: Copy[] = []
  const stateOf = (userId: string): TeamKeyState => {
    const held = (id: string): number[] =>
      copies.filter((copy) => copy.userId === id).map(({ generation }) => generation)
    const members = [...accounts.values()].map(({ userId: id, role, publicKey, keyVersion }) => ({
      ...{ userId: id, email: `${id}@example.com`, username: id, role, publicKey },
      keyVersion: publicKey === null ? null : keyVersion,
      generations: held(id).sort((one, other) => other - one),
    }))
    const lost = server.generation > 0 && members.every(({ generations }) => !generations.includes(server.generation))
    const mine = copies.filter((copy) => copy.userId === userId)
    return { generation: server.generation, rekeyDue: server.rekeyDue, lost, mine, members }
  }
  const changed = (): WarrenError => new WarrenError('cloud.changed-meanwhile', 'It was changed meanwhile.')
  const mustBeCurrent = (wanted: readonly { readonly userId: string; readonly keyVersion: number }[]): void => {
    for (const { userId, keyVersion } of wanted) if (accounts.get(userId)?.keyVersion !== keyVersion) throw changed()
  }
  const server: KeyServer = {
    ...{ copies, generation: 0, rekeyDue: false, beforeNext: null, state: stateOf },
    join: (userId, publicKey, role = 'developer') => {
      accounts.set(userId, { userId, role, publicKey, keyVersion: 1 })
    },
    remove: (userId) => {
      accounts.delete(userId)
      for (const copy of copies.filter((each) => each.userId === userId)) copies.splice(copies.indexOf(copy), 1)
      server.rekeyDue = server.generation > 0
    },
    showKey: (userId, publicKey) => {
      const account = accounts.get(userId)
      if (account === undefined) throw new Error(`no member ${userId}`)
      account.publicKey = publicKey
      account.keyVersion += 1
    },
    routesOf: (userId) => ({
      mine: () => Promise.resolve(null),
      publish: () => Promise.reject(new Error('not here')),
      ofTeam: () => Promise.resolve(stateOf(userId)),
      newGeneration: async (_team, { generation, copies: wanted }) => {
        await server.beforeNext?.()
        if (generation !== server.generation + 1) throw changed()
        mustBeCurrent(wanted)
        server.generation = generation
        server.rekeyDue = false
        for (const { userId: to, wrapped } of wanted)
          copies.push({ userId: to, generation, wrapped, createdBy: userId })
        return stateOf(userId)
      },
      addCopies: (_team, wanted) => {
        mustBeCurrent(wanted)
        for (const { userId: to, generation, wrapped } of wanted) {
          if (copies.some((copy) => copy.userId === to && copy.generation === generation)) continue
          copies.push({ userId: to, generation, wrapped, createdBy: userId })
        }
        return Promise.resolve(stateOf(userId))
      },
      dropCopy: (_team, generation) => {
        const found = copies.find((copy) => copy.userId === userId && copy.generation === generation)
        if (found !== undefined) copies.splice(copies.indexOf(found), 1)
        return Promise.resolve(stateOf(userId))
      },
    }),
  }
  return server
}

/** What one machine remembers. */
export function memoryPins(): PinStore {
  let pins: Pin[] = []
  let keys: (SeenKey & { teamId: string })[] = []
  return {
    of: (teamId) => pins.filter((pin) => pin.teamId === teamId),
    save: (pin) => {
      pins = [...pins.filter(({ teamId, userId }) => teamId !== pin.teamId || userId !== pin.userId), pin]
      return Promise.resolve()
    },
    forget: (teamId) => {
      pins = pins.filter((pin) => pin.teamId !== teamId)
      keys = keys.filter((key) => key.teamId !== teamId)
      return Promise.resolve()
    },
    keys: (teamId) => keys.filter((key) => key.teamId === teamId),
    saveKey: (teamId, key) => {
      keys = [...keys.filter((each) => each.generation !== key.generation), { teamId, ...key }]
      return Promise.resolve()
    },
  }
}
