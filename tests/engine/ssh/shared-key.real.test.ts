import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SHARED_KEY } from '@engine'
import { toFault } from '@shared/errors'
import { makeKey, startSshd, type Sshd } from '../../support/sshd'
import { makeWorld, serverSpec, withSession, type World } from './harness'

let sshd: Sshd

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd.stop())

/** The text of a key that may log in, whose file is gone. */
function textOfKey(passphrase?: string): string {
  const file = join(sshd.dir, `shared-${passphrase ?? 'plain'}`)
  makeKey(file, 'ed25519', passphrase === undefined ? {} : { passphrase })
  sshd.authorize(`${file}.pub`)
  const text = readFileSync(file, 'utf8')
  for (const each of [file, `${file}.pub`]) rmSync(each)
  return text
}

const login = (world: World, identityFiles: readonly string[] = ['none']): Promise<void> =>
  withSession(
    serverSpec({ port: sshd.port, identityFiles: [...identityFiles] }),
    async (session) => {
      // The process that lets us in and the one that logs it are two of them; the session begins after both.
      expect(await session.probe(10_000)).toBe(true)
    },
    world,
  )

it('logs in with a key that was never a file here', async () => {
  const world = makeWorld()
  world.secrets.set('shared key', textOfKey())
  await login(world)
  expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key'])
})

it('opens it with the passphrase that comes with it', async () => {
  const world = makeWorld()
  world.secrets.set('shared key', textOfKey('hinein'))
  world.secrets.set(`passphrase ${SHARED_KEY}`, 'hinein')
  await login(world)
  expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key'])
})

it('asks for the passphrase when none comes with it', async () => {
  const world = makeWorld({
    answer: (question) =>
      question.kind === 'host-key'
        ? { kind: 'host-key', decision: 'trust' }
        : { kind: 'passphrase', passphrase: 'von Hand' },
  })
  world.secrets.set('shared key', textOfKey('von Hand'))
  await login(world)
  expect(world.asked.at(-1)).toMatchObject({ kind: 'passphrase', keyFile: SHARED_KEY })
})

it('offers the keys of this machine first', async () => {
  const world = makeWorld()
  world.secrets.set('shared key', textOfKey())
  const own = join(sshd.dir, 'own')
  makeKey(own, 'ed25519')
  sshd.authorize(`${own}.pub`)
  await login(world, [own])
  const fingerprints = sshd.log().match(/Accepted publickey for .*/g) ?? []
  await login(makeWorld(), [own])
  const again = sshd.log().match(/Accepted publickey for .*/g) ?? []
  expect(again.at(-1)?.split(' ').at(-1)).toBe(fingerprints.at(-1)?.split(' ').at(-1))
})

it('says that a shared text is no key, without quoting it', async () => {
  const world = makeWorld()
  world.secrets.set('shared key', 'no key at all')
  const fault: unknown = await login(world).catch((error: unknown) => error)
  expect(fault).toMatchObject({
    code: 'key.not-a-key',
    message: expect.stringMatching(/^The shared key is not/) as string,
  })
  expect(JSON.stringify([world.logged, toFault(fault)])).not.toContain('no key at all')
})
