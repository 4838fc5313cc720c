/** The key of an account between two machines and a real cloud: made, unlocked, sealed anew, replaced, and when an answer is lost. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import { createCloudClient, type CloudClient } from '@sync'
import { createKeys, type AccountKeys } from '../../../src/daemon/cloud/team-keys'
import type { Keychain, Kept, SealedField } from '../../../src/daemon/cloud/types'
import { startCloud, type CloudWorld, type Person } from '../../cloud/_world'
import { memoryPins } from '../../sync/_key-server'

let cloud: CloudWorld
let ada: Person

beforeEach(async () => {
  cloud = await startCloud('sqlite')
  ada = await cloud.quickPerson('ada')
})
afterEach(() => cloud.close())

interface Machine {
  readonly keys: AccountKeys
  readonly keychain: Keychain
}

async function machine(
  change: (client: CloudClient) => CloudClient = (client) => client,
  how: { readonly hasHeard: boolean } = { hasHeard: true },
): Promise<Machine> {
  let kept: Kept = { tokens: { token: ada.token, refreshToken: null }, privateKey: null }
  const keychain: Keychain = {
    keeps: 'memory',
    get: () => kept,
    set: (part) => {
      kept = { ...kept, ...part }
      return Promise.resolve()
    },
    clear: () => Promise.resolve(),
    retire: () => undefined,
  }
  const tokens = { get: () => kept.tokens, set: () => Promise.resolve() }
  const client = change(createCloudClient({ url: cloud.server.url, tokens, device: { id: 'one', name: 'one' } }))
  if (how.hasHeard) await client.validate()
  const keys = createKeys({
    ...{ client, keychain, userId: ada.id, pins: memoryPins(), teams: () => [], now: Date.now },
    ...{ log: () => undefined, onChange: () => undefined, isCurrent: () => false },
    sealed: { list: () => [], of: () => [], ofServer: () => [], replace: () => Promise.resolve() },
  })
  if (how.hasHeard) await keys.look()
  return { keys, keychain }
}

const plain = { namespace: null, field: 'password', serverAddress: 'db.example.com', value: 'hunter2' } as const
const sealedBy = (keys: AccountKeys): SealedField => ({ ...plain, forwardId: 'one', text: keys.seal(plain) })

it('is made once, with a code that opens it on another machine', async () => {
  const one = await machine()
  expect(one.keys.state()).toBe('none')
  expect(() => one.keys.seal(plain)).toThrowError(expect.objectContaining({ code: 'cloud.key-locked' }))
  const { recoveryCode } = await one.keys.makeKey()
  expect(one.keys.state()).toBe('ready')
  const sealed = sealedBy(one.keys)

  const two = await machine()
  expect(two.keys.state()).toBe('locked')
  expect(two.keys.isReadable(sealed)).toBe(false)
  await expect(two.keys.makeKey()).rejects.toMatchObject({ code: 'cloud.key-exists' })
  await expect(two.keys.unlock('0000')).rejects.toMatchObject({ code: 'cloud.recovery-code' })
  expect(two.keys.state()).toBe('locked')
  await two.keys.unlock(recoveryCode)
  expect(two.keys.state()).toBe('ready')
  expect(two.keys.open(sealed)).toBe('hunter2')
  expect(two.keychain.get().privateKey).toBe(one.keychain.get().privateKey)
})

it('gets a new code where it is open, and loses nothing', async () => {
  const one = await machine()
  const first = await one.keys.makeKey()
  const sealed = sealedBy(one.keys)
  const second = await one.keys.resetKey()
  expect(one.keys.open(sealed)).toBe('hunter2')
  const two = await machine()
  await expect(two.keys.unlock(first.recoveryCode)).rejects.toMatchObject({ code: 'cloud.recovery-code' })
  await two.keys.unlock(second.recoveryCode)
  expect(two.keys.open(sealed)).toBe('hunter2')
})

it('is replaced where it is locked; the machine before is locked then, and what was sealed stays closed', async () => {
  const one = await machine()
  await one.keys.makeKey()
  const sealed = sealedBy(one.keys)
  const two = await machine()
  const { recoveryCode } = await two.keys.resetKey()
  expect(two.keys.isReadable(sealed)).toBe(false)
  expect(two.keys.open(sealedBy(two.keys))).toBe('hunter2')
  await one.keys.look()
  expect(one.keys.state()).toBe('locked')
  expect(() => one.keys.seal(plain)).toThrowError(expect.objectContaining({ code: 'cloud.key-locked' }))
  await one.keys.unlock(recoveryCode)
  expect(one.keys.open(sealedBy(two.keys))).toBe('hunter2')
})

it('is made by what is asked of the server first', async () => {
  const one = await machine(undefined, { hasHeard: false })
  await one.keys.makeKey()
  expect(one.keys.state()).toBe('ready')
})

it('is made by one of two machines that make it at once', async () => {
  const [one, two] = [await machine(), await machine()]
  const outcomes = await Promise.allSettled([one.keys.makeKey(), two.keys.makeKey()])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const lost = outcomes[0]?.status === 'rejected' ? one : two
  await lost.keys.look()
  expect(lost.keys.state()).toBe('locked')
  expect(lost.keychain.get().privateKey).toBeNull()
})

it('is there when the answer to its making was lost', async () => {
  const one = await machine((client) => ({
    ...client,
    keys: {
      ...client.keys,
      publish: async (key) => {
        await client.keys.publish(key)
        throw new WarrenError('cloud.timeout', 'No answer.')
      },
    },
  }))
  const { recoveryCode } = await one.keys.makeKey()
  expect(one.keys.state()).toBe('ready')
  const two = await machine()
  await two.keys.unlock(recoveryCode)
  expect(two.keys.open(sealedBy(one.keys))).toBe('hunter2')
})

it('keeps nothing when the server refused it', async () => {
  const one = await machine((client) => ({
    ...client,
    keys: { ...client.keys, publish: () => Promise.reject(new WarrenError('cloud.refused', 'No.')) },
  }))
  await expect(one.keys.makeKey()).rejects.toMatchObject({ code: 'cloud.refused' })
  expect(one.keychain.get().privateKey).toBeNull()
  expect(one.keys.state()).toBe('none')
})

it('opens without the server at the next start', async () => {
  const one = await machine()
  await one.keys.makeKey()
  const sealed = sealedBy(one.keys)
  const { privateKey } = one.keychain.get()
  const away = new WarrenError('cloud.unreachable', 'Away.')
  const keys = createKeys({
    client: {
      ...{ extensions: () => new Set(), validate: () => Promise.reject(away) },
      keys: { mine: () => Promise.reject(away) } as unknown as CloudClient['keys'],
    },
    keychain: { ...one.keychain, get: () => ({ tokens: null, privateKey }) },
    ...{ userId: ada.id, pins: memoryPins(), teams: () => [], now: Date.now },
    ...{ log: () => undefined, onChange: () => undefined, isCurrent: () => false },
    sealed: { list: () => [], of: () => [], ofServer: () => [], replace: () => Promise.resolve() },
  })
  await keys.begin()
  expect(keys.state()).toBe('ready')
  expect(keys.open(sealed)).toBe('hunter2')
  expect(() => keys.open({ ...sealed, serverAddress: 'evil.example.com' })).toThrowError(
    expect.objectContaining({ code: 'cloud.sealed-for-other' }),
  )
})
