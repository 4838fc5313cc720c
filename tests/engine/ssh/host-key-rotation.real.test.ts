import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfiguredOptions, ServerPlan } from '../../../src/engine/ssh/types'
import { checkLeaks } from '../../support/leaks'
import { fingerprint, makeKey, startSshd, type Sshd } from '../../support/sshd'
import { forwardSpec, makeEngine } from '../world'
import { publicKeyOf } from './_authority'
import { makeWorld, specOf, withSession, type World } from './harness'

describe('host keys that a real sshd announces', () => {
  checkLeaks()
  let sshd: Sshd
  let nextKey: string
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'rsa'] })
    nextKey = join(sshd.dir, 'next_ed25519')
    makeKey(nextKey, 'ed25519')
    writeFileSync(
      join(sshd.dir, 'sshd_config'),
      `${readFileSync(join(sshd.dir, 'sshd_config'), 'utf8')}HostKey ${nextKey}\n`,
    )
    await sshd.restart()
  })
  afterAll(() => sshd.stop())

  const plan = (config: ConfiguredOptions = {}): ServerPlan => ({ ...specOf(sshd), config })
  const pinOf = (index: number): World['pins'][number] => {
    const [keyType = '', key = ''] = (sshd.hostKeys[index] ?? '').split(' ')
    return { host: `[127.0.0.1]:${sshd.port}`, keyType, key }
  }
  /** A world that says when something was asked or logged. */
  const follow = (): { world: World; heard: Promise<void> } => {
    let hear: () => void = () => undefined
    const heard = new Promise<void>((resolve) => {
      hear = resolve
    })
    const world = makeWorld()
    const { log } = world.ports
    Object.assign(world.ports, {
      log: (...args: Parameters<typeof log>) => {
        log(...args)
        hear()
      },
    })
    return { world, heard }
  }
  const rotation = (world: World): unknown => world.asked.find(({ kind }) => kind === 'host-key-rotation')

  it('offers a new key of the trusted type, after the login, and pins it when told so', async () => {
    const { world, heard } = follow()
    world.pins.push(pinOf(0))
    world.answer = () => ({ kind: 'host-key-rotation', decision: 'trust' })
    await withSession(plan(), async () => heard, world)
    expect(rotation(world)).toMatchObject({
      name: `[127.0.0.1]:${sshd.port}`,
      current: { fingerprint: sshd.hostKeyFingerprint },
      retired: [],
    })
    const trusted = world.pins.map(({ key }) => key)
    expect(trusted).toContain(publicKeyOf(`${nextKey}.pub`).split(' ')[1])
  })

  it('takes away a pin that is announced no more', async () => {
    const { world, heard } = follow()
    const old = { ...pinOf(0), key: readFileSync(`${sshd.clientKey}.pub`, 'utf8').split(' ')[1] ?? '' }
    world.pins.push(pinOf(0), old)
    world.answer = () => ({ kind: 'host-key-rotation', decision: 'trust' })
    await withSession(plan(), async () => heard, world)
    expect(rotation(world)).toMatchObject({ retired: [{ fingerprint: fingerprint(`${sshd.clientKey}.pub`) }] })
    expect(world.pins).not.toContainEqual(old)
    expect(world.pins).toContainEqual(pinOf(0))
  })

  it('changes nothing when the person ignores it or nobody answers', async () => {
    for (const decision of ['ignore', null] as const) {
      const world = makeWorld()
      world.pins.push(pinOf(0))
      let asked: () => void = () => undefined
      const question = new Promise<void>((resolve) => {
        asked = resolve
      })
      world.answer = () => {
        asked()
        return decision === null ? Promise.reject(new Error('nobody')) : { kind: 'host-key-rotation', decision }
      }
      await withSession(plan(), async () => question, world)
      expect(world.pins).toEqual([pinOf(0)])
    }
  })

  it('records without a question with UpdateHostKeys yes', async () => {
    const { world, heard } = follow()
    world.pins.push(pinOf(1))
    await withSession(plan({ updateHostKeys: 'yes' }), async () => heard, world)
    expect(world.asked).toEqual([])
    expect(world.pins.map(({ keyType }) => keyType).sort()).toEqual(['ssh-ed25519', 'ssh-ed25519', 'ssh-rsa'])
  })

  it.each([
    ['with UpdateHostKeys no', { updateHostKeys: 'no' } as const, 0],
    ['about keys of other types, which every server has', {}, 1],
  ])('does not ask %s', async (_, config, index) => {
    const world = makeWorld()
    world.pins.push(pinOf(index))
    await withSession(
      plan(config),
      async (session) => {
        // The answer to a ping comes after what the server announced.
        expect(await session.probe(10_000)).toBe(true)
      },
      world,
    )
    expect([world.asked, world.pins]).toEqual([[], [pinOf(index)]])
  })

  it('holds no forward up: it runs while the question is open, and no forward needs a person', async () => {
    const world = makeWorld()
    world.pins.push(pinOf(0))
    let raise: (need: { kind: string; forwardIds: readonly string[] }) => void = () => undefined
    const raised = new Promise<{ kind: string; forwardIds: readonly string[] }>((resolve) => {
      raise = resolve
    })
    const { engine, servers, until } = makeEngine({
      world,
      ports: {
        raiseNeed: ({ kind }, { forwardIds, signal }) => {
          raise({ kind, forwardIds })
          const answer = new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('the session is over')), { once: true })
          })
          return { id: 'rotation', answer }
        },
      },
    })
    servers.set('server-1', specOf(sshd))
    const spec = forwardSpec({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: sshd.port })
    engine.define(spec)
    engine.start(spec.id)
    expect(await raised).toEqual({ kind: 'host-key-rotation', forwardIds: [] })
    expect(await until(spec.id, ({ state }) => state === 'running')).toMatchObject({ needId: null })
    await engine.close()
  })
})
