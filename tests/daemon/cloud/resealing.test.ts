/** After a new key of a team one machine of the account that made it seals the team's secrets with it, and another only what was left over. */
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { generationOf, makeIdentity, prepareSealing, type Identity, type PinStore } from '@sync'
import { createKeys, type AccountKeys } from '../../../src/daemon/cloud/team-keys'
import type { SealedField } from '../../../src/daemon/cloud/types'
import { memoryPins, startKeyServer, TEAM, type KeyServer } from '../../sync/_key-server'

const team = { id: TEAM, name: 'ops', role: 'owner' } as const
const MINUTE = 60_000

interface Machine {
  readonly keys: AccountKeys
  readonly pins: PinStore
  readonly generation: () => number | null
}

let server: KeyServer
let ada: Identity
let now: number
/** What the first key sealed. */
let sealedBefore: string | null

beforeAll(prepareSealing)
beforeEach(async () => {
  ;[server, now, sealedBefore] = [startKeyServer(), 0, null]
  ada = makeIdentity().identity
  server.join('ada', ada.publicKey, 'owner')
  server.join('mallory', makeIdentity().identity.publicKey)
  await (await machine()).keys.prepare(TEAM)
})

/** A machine of Ada's, with a secret that the team's first key sealed; `from` is the same machine before its daemon ended. */
async function machine(
  from?: Machine,
  more: { isCurrent?: boolean; loseAnswers?: boolean; onChange?: () => void } = {},
): Promise<Machine> {
  const pins = from?.pins ?? memoryPins()
  const routes = server.routesOf('ada')
  const newGeneration: typeof routes.newGeneration = async (teamId, next) => {
    const answer = await routes.newGeneration(teamId, next)
    if (more.loseAnswers === true) throw new Error('the answer was lost')
    return answer
  }
  const mine = { publicKey: ada.publicKey, sealedPrivateKey: '', version: 1 }
  let field: SealedField | null = null
  const keys = createKeys({
    client: {
      ...{ extensions: () => new Set(['sealed'] as const), validate: () => Promise.resolve(null) },
      keys: { ...routes, newGeneration, mine: () => Promise.resolve(mine) },
    },
    keychain: {
      ...{ keeps: 'memory', get: () => ({ tokens: null, privateKey: ada.privateKey }), retire: () => undefined },
      ...{ set: () => Promise.resolve(), clear: () => Promise.resolve() },
    },
    ...{
      userId: 'ada',
      pins,
      teams: () => [team],
      now: () => now,
      log: () => undefined,
      onChange: () => more.onChange?.(),
    },
    isCurrent: () => more.isCurrent ?? true,
    sealed: {
      ...{ list: () => (field === null ? [] : [field]), of: () => [], ofServer: () => [] },
      replace: ([change]) => {
        if (field !== null && change !== undefined) field = { ...field, text: change.text ?? '' }
        return Promise.resolve()
      },
    },
  })
  await keys.begin()
  await keys.look()
  const about = { namespace: TEAM, field: 'password', serverAddress: 'db.example.com' } as const
  if (server.generation > 0) {
    field = { ...about, forwardId: 'one', text: sealedBefore ?? keys.seal({ ...about, value: 'hunter2' }) }
    sealedBefore = field.text
  }
  return { keys, pins, generation: () => (field === null ? null : generationOf(field.text)) }
}
it('is done by the machine that made the key, not by another one of the same account', async () => {
  const [one, two] = [await machine(), await machine()]
  server.remove('mallory')
  await one.keys.look()
  await two.keys.look()
  await two.keys.look()
  expect([server.generation, one.generation(), two.generation()]).toEqual([2, 2, 1])
})

it('is done by the machine that made the key when the answer to that was lost', async () => {
  const one = await machine(undefined, { loseAnswers: true })
  server.remove('mallory')
  await one.keys.look()
  expect([server.generation, one.generation()]).toEqual([2, 1])
  await one.keys.look()
  expect(one.generation()).toBe(2)
})

it('is done later by another machine of the account when the one that made the key did not get to it', async () => {
  const [one, two] = [await machine(), await machine()]
  server.remove('mallory')
  await one.keys.look()
  await two.keys.look()
  now += 9 * MINUTE
  await two.keys.look()
  expect(two.generation()).toBe(1)
  now += MINUTE
  await two.keys.look()
  expect(two.generation()).toBe(2)
})

it('is done after the next start, once the server was heard of what is shared', async () => {
  const one = await machine()
  server.remove('mallory')
  await one.keys.look()
  const early = await machine(one, { isCurrent: false })
  await early.keys.look()
  expect(early.generation()).toBe(1)
  const again = await machine(one)
  await again.keys.look()
  expect(again.generation()).toBe(2)
})

it('is not left out when it is asked for just as the look before is over', async () => {
  let looks = 0
  let again: Promise<void> | undefined
  const one = await machine(undefined, {
    onChange: () => {
      looks += 1
      if (looks !== 2) return
      queueMicrotask(() => {
        again = one.keys.look()
      })
    },
  })
  await one.keys.look()
  await again
  expect(looks).toBe(3)
})
