import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { Fault } from '@shared/errors'
import { localDraft, nextEvent, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon
let client: DaemonClient
let serverId: string

const lost: Fault = {
  code: 'ssh.closed',
  message: 'The server closed it.',
  fix: null,
  field: null,
  remedy: null,
  detail: null,
}

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
  serverId = (await client.call('servers.add', serverDraft())).id
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

async function restart(how: { keepWanted: boolean }): Promise<void> {
  await test.daemon.stop(how)
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
}

async function stateOf(id: string): Promise<string> {
  return (await client.call('forwards.get', { id })).snapshot.state
}

describe('forwards', () => {
  it('have names that are unique without regard to case', async () => {
    await client.call('forwards.add', localDraft(serverId, 'db'))
    await expect(client.call('forwards.add', localDraft(serverId, 'DB'))).rejects.toMatchObject({
      code: 'spec.name-taken',
      field: 'name',
    })
    const both = [
      client.call('forwards.add', localDraft(serverId, 'x')),
      client.call('forwards.add', localDraft(serverId, 'X')),
    ]
    const outcomes = await Promise.allSettled(both)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('need a server that exists', async () => {
    await expect(client.call('forwards.add', localDraft('nobody'))).rejects.toMatchObject({
      code: 'spec.not-found',
      field: 'serverId',
    })
  })

  it('are checked as a whole after a patch', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await expect(client.call('forwards.update', { id: spec.id, patch: { remoteHost: null } })).rejects.toMatchObject({
      code: 'spec.invalid',
      field: 'remoteHost',
    })
    const changed = await client.call('forwards.update', { id: spec.id, patch: { localPort: 7000 } })
    expect(changed.spec).toMatchObject({ localPort: 7000, remoteHost: 'db.internal' })
  })

  it('come back after a remove, with their server', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('forwards.start', { ids: [spec.id] })
    await client.call('forwards.remove', { ids: [spec.id] })
    await client.call('servers.remove', { id: serverId })
    expect(await client.call('forwards.list', {})).toEqual([])
    await client.call('servers.add', serverDraft('bastion'))
    const [back] = await client.call('forwards.restore', { ids: [spec.id] })
    expect(back).toMatchObject({ spec: { id: spec.id, name: 'db' }, snapshot: { state: 'stopped' } })
    expect((await client.call('servers.list', {})).map(({ name }) => name).sort()).toEqual(['bastion', 'bastion 2'])
    await restart({ keepWanted: true })
    expect(await client.call('forwards.list', {})).toHaveLength(1)
  })

  it('that are brought back at once are not told as gone', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    const { id } = spec
    await client.call('forwards.start', { ids: [id] })
    const shown = new Map<string, string>()
    client.on('forwards.changed', ({ changed, removed }) => {
      for (const { snapshot } of changed) shown.set(snapshot.id, snapshot.state)
      for (const one of removed) shown.delete(one)
    })
    await client.call('events.subscribe', { topics: ['forwards'] })
    for (let round = 0; round < 5; round += 1) {
      // What changed last was told a moment ago: what happens now is told together.
      const told = nextEvent(client, 'forwards.changed')
      await client.call('forwards.update', { id, patch: { description: `round ${round}` } })
      await told
      await client.call('forwards.remove', { ids: [id] })
      await client.call('forwards.restore', { ids: [id] })
      const news = nextEvent(client, 'forwards.changed', ({ changed }) =>
        changed.some(({ snapshot }) => snapshot.state === 'running'),
      )
      await client.call('forwards.start', { ids: [id] })
      await news
      expect(shown.get(id)).toBe('running')
    }
  })

  it('follow what was asked for last, however fast it is asked', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    const ids = [spec.id]
    const ask = (what: 'start' | 'stop' | 'retry' | 'remove' | 'restore'): Promise<unknown> =>
      client.call(`forwards.${what}`, { ids })
    const state = async (): Promise<string> => (await client.call('forwards.get', { id: spec.id })).snapshot.state
    await Promise.all([ask('start'), ask('stop')])
    expect(await state()).toBe('stopped')
    await Promise.all([ask('stop'), ask('start')])
    expect(await state()).toBe('running')
    await Promise.all([ask('stop'), ask('start')])
    expect(await state()).toBe('running')
    const edit = client.call('forwards.update', { id: spec.id, patch: { description: 'edited' } })
    await Promise.all([edit, ask('start'), ask('remove'), ask('restore'), ask('remove'), ask('restore'), ask('start')])
    expect(await state()).toBe('running')
    // Saved, too.
    await restart({ keepWanted: true })
    await expect.poll(state).toBe('running')
    const removal = ask('remove')
    await expect(ask('start')).rejects.toMatchObject({ code: 'spec.not-found' })
    await removal
    expect(await client.call('forwards.list', {})).toEqual([])
  })

  it('can be watched while several go and one takes its time', async () => {
    const quick = await client.call('forwards.add', localDraft(serverId, 'quick'))
    const slow = await client.call('forwards.add', localDraft(serverId, 'slow'))
    const ids = [quick.spec.id, slow.spec.id]
    await client.call('events.subscribe', { topics: ['forwards'] })
    await client.call('forwards.start', { ids })
    let letGo = (): void => undefined
    test.engine.hold(slow.spec.id, new Promise<void>((resolve) => (letGo = resolve)))
    const gone = nextEvent(client, 'forwards.changed', ({ removed }) => removed.length === 2)
    const removal = client.call('forwards.remove', { ids })
    await nextEvent(client, 'forwards.changed', ({ changed }) =>
      changed.some(({ spec, snapshot }) => spec.name === 'slow' && snapshot.state === 'stopped'),
    )
    expect((await client.call('forwards.list', {})).map(({ spec }) => spec.name)).toEqual(['slow'])
    letGo()
    await removal
    expect([...(await gone).removed].sort()).toEqual([...ids].sort())
  })

  it('tell what happened to them, in order', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('forwards.start', { ids: [spec.id] })
    test.engine.move(spec.id, 'waiting', lost)
    test.engine.move(spec.id, 'connecting', lost)
    test.engine.move(spec.id, 'running')
    test.engine.move(spec.id, 'failed', lost)
    await client.call('forwards.stop', { ids: [spec.id] })
    await client.call('daemon.status', {})
    const kinds = (await client.call('activity.list', {})).map(({ kind }) => kind)
    expect(kinds).toEqual(['stopped', 'failed', 'recovered', 'interrupted', 'started', 'added', 'added'])
  })
})

describe('servers', () => {
  it('cannot go while something needs them', async () => {
    await client.call('forwards.add', localDraft(serverId))
    await expect(client.call('servers.remove', { id: serverId })).rejects.toMatchObject({
      code: 'spec.in-use',
      message: expect.stringContaining('db') as string,
    })
  })

  it('cannot jump in a circle', async () => {
    const inner = await client.call('servers.add', serverDraft('inner', { jump: [serverId] }))
    await expect(client.call('servers.update', { id: serverId, patch: { jump: [inner.id] } })).rejects.toMatchObject({
      code: 'ssh.jump-loop',
    })
    await expect(client.call('servers.add', serverDraft('x', { jump: ['nobody'] }))).rejects.toMatchObject({
      code: 'spec.not-found',
      field: 'jump.0',
    })
    const { spec } = await client.call('forwards.add', localDraft(inner.id))
    expect((await client.call('forwards.get', { id: spec.id })).snapshot.via).toEqual(['bastion', 'inner'])
  })

  it('that were mended start what had given up', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('forwards.start', { ids: [spec.id] })
    test.engine.move(spec.id, 'failed', lost)
    await client.call('servers.update', { id: serverId, patch: { host: '192.0.2.9' } })
    expect(await stateOf(spec.id)).toBe('running')
  })
})

describe('what was wanted', () => {
  it('comes back after a shutdown of the machine or a hand-over', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('forwards.start', { ids: [spec.id] })
    await restart({ keepWanted: true })
    expect(await stateOf(spec.id)).toBe('running')
  })

  it('is forgotten at a plain stop, but auto-start forwards start', async () => {
    const manual = await client.call('forwards.add', localDraft(serverId, 'manual'))
    const auto = await client.call('forwards.add', localDraft(serverId, 'auto', { autoStart: true }))
    await client.call('forwards.start', { ids: [manual.spec.id] })
    const { stopped } = await client.call('daemon.stop', {})
    expect(stopped).toBe(1)
    await test.daemon.ended
    await restart({ keepWanted: false })
    expect([await stateOf(manual.spec.id), await stateOf(auto.spec.id)]).toEqual(['stopped', 'running'])
  })

  it('does not come back once somebody stopped it', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('forwards.start', { ids: [spec.id] })
    await client.call('forwards.stop', { ids: [spec.id] })
    await restart({ keepWanted: true })
    expect(await stateOf(spec.id)).toBe('stopped')
  })
})

describe('ad hoc forwards', () => {
  it('end with the client that made them and are never saved', async () => {
    const other = await test.connect()
    const { ids } = await other.call('forwards.runAdHoc', {
      server: serverDraft('anything'),
      forwards: [localDraft('unused', 'adhoc')],
    })
    expect(await stateOf(ids[0] ?? '')).toBe('running')
    expect(await client.call('servers.list', {})).toHaveLength(1)
    await client.call('events.subscribe', { topics: ['forwards'] })
    const gone = nextEvent(client, 'forwards.changed', ({ removed }) => removed.includes(ids[0] ?? ''))
    other.close()
    await gone
    expect(await client.call('forwards.list', {})).toEqual([])
    await restart({ keepWanted: true })
    expect(await client.call('forwards.list', {})).toEqual([])
  })
})

describe('needs', () => {
  const question = {
    kind: 'password',
    serverId: 's',
    server: 'bastion',
    login: 'me@b:22',
    username: 'me',
    refused: false,
  } as const

  it('are answered by any client, once', async () => {
    const { id: forwardId } = (await client.call('forwards.add', localDraft(serverId))).spec
    const raised = test.engine.ports.raiseNeed(question, {
      forwardIds: [forwardId],
      signal: new AbortController().signal,
    })
    const [need] = await client.call('needs.list', {})
    expect(need).toMatchObject({ id: raised.id, kind: 'password' })
    await expect(
      client.call('needs.answer', { id: raised.id, answer: { kind: 'host-key', decision: 'trust' } }),
    ).rejects.toMatchObject({ code: 'rpc.invalid', field: 'answer.kind' })
    const answer = { kind: 'password', password: 'correct horse' } as const
    await client.call('needs.answer', { id: raised.id, answer })
    expect(await raised.answer).toEqual(answer)
    await expect(client.call('needs.answer', { id: raised.id, answer })).rejects.toMatchObject({ code: 'need.gone' })
  })

  it('end with the signal of who asked', async () => {
    const controller = new AbortController()
    const raised = test.engine.ports.raiseNeed(question, { forwardIds: [], signal: controller.signal })
    const reason = new Error('stopped')
    controller.abort(reason)
    await expect(raised.answer).rejects.toBe(reason)
    expect(await client.call('needs.list', {})).toEqual([])
  })
})

describe('secrets', () => {
  const planted = 'pl4nted-s3cret-value'

  it('never reach the data file, its journal or the logs', async () => {
    const { spec } = await client.call('forwards.add', localDraft(serverId))
    await client.call('servers.setSecret', { id: serverId, kind: 'password', value: planted, keep: 'memory' })
    expect(await test.engine.ports.ssh.secrets.get(serverId, 'password', 'me')).toBe(planted)
    await client.call('forwards.start', { ids: [spec.id] })
    test.engine.ports.log(spec.id, { level: 'info', message: `trying ${planted}`, code: null })
    test.engine.ports.ssh.log(serverId, {
      level: 'warn',
      message: 'via socks5://me:hunter2@proxy password=hunter2',
      code: null,
    })
    test.engine.move(spec.id, 'failed', { ...lost, message: `server said ${planted}` })
    const entries = await client.call('logs.read', { forwardId: spec.id })
    expect(entries).toHaveLength(2)
    await test.daemon.stop({ keepWanted: false })
    for (const file of readdirSync(place.home, { recursive: true, encoding: 'utf8' })) {
      const path = join(place.home, file)
      if (!statSync(path).isFile()) continue
      const content = readFileSync(path, 'latin1')
      expect(content.includes(planted), file).toBe(false)
      expect(content.includes('hunter2'), file).toBe(false)
    }
    expect(readFileSync(join(test.places.logs, `forward-${spec.id}.log`), 'utf8')).toContain('trying')
  })

  it('are kept in a 0600 file when asked, and refused from one that others can read', async () => {
    await client.call('servers.setSecret', { id: serverId, kind: 'password', value: planted, keep: 'file' })
    expect(statSync(test.places.secrets).mode & 0o777).toBe(0o600)
    await restart({ keepWanted: false })
    const { secrets } = test.engine.ports.ssh
    expect(await secrets.get(serverId, 'password', 'me')).toBe(planted)
    secrets.refused(serverId, 'password', 'me')
    expect(await secrets.get(serverId, 'password', 'me')).toBeNull()
    const { chmodSync } = await import('node:fs')
    chmodSync(test.places.secrets, 0o644)
    await expect(secrets.get('another', 'password', 'me')).rejects.toMatchObject({ code: 'secret.unreadable' })
  })

  it('of the clients of a proxy are kept like those of servers, and one that runs starts again with them', async () => {
    const draft = { name: 'browse', type: 'dynamic' as const, bindPort: 1080, serverId, proxyUsername: 'ada' }
    const { spec } = await client.call('forwards.add', draft)
    await client.call('forwards.setSecret', { id: spec.id, value: 'first', keep: 'memory' })
    expect(test.engine.calls).not.toContain('stop browse')
    await client.call('forwards.start', { ids: [spec.id] })
    await client.call('forwards.setSecret', { id: spec.id, value: planted, keep: 'file' })
    expect(test.engine.calls.slice(-2)).toEqual(['stop browse', 'start browse'])
    expect(statSync(test.places.secrets).mode & 0o777).toBe(0o600)
    await restart({ keepWanted: false })
    expect(await test.engine.ports.ssh.secrets.get(`forward:${spec.id}`, 'password', 'ada')).toBe(planted)
    await expect(client.call('forwards.setSecret', { id: 'nobody', value: 'x', keep: 'memory' })).rejects.toMatchObject(
      {
        code: 'spec.not-found',
      },
    )
  })

  it('are for proxies only', async () => {
    const refused = client.call('forwards.add', { ...localDraft(serverId, 'x'), proxyUsername: 'ada' })
    await expect(refused).rejects.toMatchObject({ code: 'rpc.invalid' })
    const { spec } = await client.call('forwards.add', localDraft(serverId, 'y'))
    const kept = client.call('forwards.setSecret', { id: spec.id, value: planted, keep: 'memory' })
    await expect(kept).rejects.toMatchObject({ code: 'spec.invalid' })
  })
})
