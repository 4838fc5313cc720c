import { describe, expect, it } from 'vitest'
import { listLines } from '../../src/cli/commands/ls'
import { table, textWidth, wrap } from '../../src/cli/table'
import { NOW, view, warren } from './_fake-world'

const fault = {
  code: 'ssh.unreachable' as const,
  message: 'bastion:22 refused the connection.',
  fix: 'Is sshd running?',
  field: 'host',
  remedy: null,
  detail: 'ECONNREFUSED',
}
const db = view({ tags: ['staging'], connections: 1, totalConnections: 7, bytesUp: 1024, bytesDown: 2048 })
const web = view({
  name: 'web',
  state: 'waiting',
  attempt: 2,
  nextTryAt: '2026-01-01T02:14:38.000Z',
  reason: fault,
  via: ['bastion', 'inner'],
  listen: { host: '0.0.0.0', port: 8080 },
  exposed: true,
})
const answers = { 'forwards.list': () => [db, web] }

describe('ls and status as documents', () => {
  const keys = [
    ...['id', 'name', 'type', 'server', 'tags', 'wanted', 'state', 'since', 'listen', 'target', 'attempt'],
    ...[
      'nextTryAt',
      'reason',
      'connections',
      'totalConnections',
      'bytesUp',
      'bytesDown',
      'portCount',
      'notice',
      'health',
      'asleep',
      'stopsAt',
      'drops',
      'cloud',
    ],
  ]

  it('hold the keys of the contract in its order and no more', async () => {
    const { code, out, err } = await warren(['ls', '--json'], { answers })
    expect([code, err]).toEqual([0, ''])
    const list = JSON.parse(out) as Record<string, unknown>[]
    expect(list.map(Object.keys)).toEqual([keys, keys])
    expect(list[0]).toMatchObject({
      name: 'db',
      reason: null,
      listen: { host: '127.0.0.1', port: 5432 },
      bytesUp: 1024,
    })
    expect(list[1]?.['reason']).toEqual({ code: 'ssh.unreachable', message: fault.message, fix: fault.fix })
    const one: unknown = JSON.parse((await warren(['status', 'web', '--json'], { answers })).out)
    expect(one).toEqual(list[1])
  })

  it('are an empty list when there is nothing', async () => {
    expect(JSON.parse((await warren(['--json', 'ls'])).out)).toEqual([])
  })
})

describe('ls for people', () => {
  it('lines up state, route, way and status, with the reason below', async () => {
    const { out } = await warren(['ls'], { answers })
    expect(out.split('\n')).toEqual([
      '● db   127.0.0.1:5432 → db:5432  via bastion                                       running for 2 h 14 m  1 connection ↑1.0 KB ↓2.0 KB',
      '◔ web  0.0.0.0:8080 → db:5432    via bastion → inner · reachable from the network  retry in 8 s',
      '    bastion:22 refused the connection. Is sshd running?',
      '1 of 2 running',
      '',
    ])
  })

  it('keeps to 80 columns and cuts no address', () => {
    const terminal = { columns: 80, hasColour: false } as Parameters<typeof listLines>[0]['terminal']
    const views = [db, web, view({ name: 'a-rather-long-name', state: 'failed', reason: fault })]
    const lines = listLines({ terminal, now: () => NOW }, views)
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(80)
    for (const route of ['127.0.0.1:5432 → db:5432', '0.0.0.0:8080 → db:5432'])
      expect(lines.join('\n')).toContain(route)
  })

  it('does not let a name steer the terminal', async () => {
    const evil = { ...view(), snapshot: { ...view().snapshot, name: 'x\u001b[2Jy' } }
    expect((await warren(['ls'], { answers: { 'forwards.list': () => [evil] } })).out).not.toContain('\u001b')
  })

  it('says what to do when there is nothing', async () => {
    const { code, out, err } = await warren(['ls'])
    expect([code, out]).toEqual([0, ''])
    expect(err).toContain('warren add')
    const tagged = await warren(['ls', '--tag', 'prdo'], { answers })
    expect(tagged).toMatchObject({ code: 0, out: '', err: 'No forward has the tag prdo.\n' })
  })
})

it('status tells the sentence, the reason and the fix', async () => {
  const { out } = await warren(['status', 'web'], { answers })
  expect(out).toContain('◔ web: retry in 8 s\n')
  expect(out).toContain('People on this network connect to port 8080 of this machine and reach db:5432')
  expect(out).toContain('Is sshd running?')
})

it('connections lists them with their program, and kill ends one', async () => {
  const live = {
    ...{ id: 'c1', forwardId: 'id-db', forward: 'db', source: { host: '127.0.0.1', port: 51822 } },
    ...{ process: { name: 'psql', pid: 12 }, target: { host: 'db', port: 5432 }, since: '2026-01-01T02:10:00.000Z' },
    ...{ bytesUp: 10, bytesDown: 3 * 1024 * 1024 },
  }
  const { out } = await warren(['connections', 'db'], { answers: { ...answers, 'connections.list': () => [live] } })
  expect(out.split('\n')[1]).toMatch(/^c1 +db +psql 12 127\.0\.0\.1:51822 +db:5432 +4 m +10 B +3\.0 MB$/)
  expect((await warren(['kill', 'c1'], { answers: { 'connections.end': () => ({ ended: true }) } })).code).toBe(0)
  expect((await warren(['kill', 'c1'], { answers: { 'connections.end': () => ({ ended: false }) } })).code).toBe(1)
})

it('logs print what was logged, and follow goes on without gaps or doubles', async () => {
  const entry = (seq: number): object => ({
    seq,
    at: '2026-01-01T00:00:00.000Z',
    level: 'info',
    message: `m${seq}`,
    code: null,
  })
  const read = await warren(['logs', 'db', '--json'], { answers: { ...answers, 'logs.read': () => [entry(1)] } })
  expect(JSON.parse(read.out)).toHaveLength(1)
  const followed = await warren(['logs', 'db', '--follow'], {
    answers: {
      ...answers,
      'logs.read': (_params, daemon) => {
        daemon.emit('logs.added', { forwardId: 'id-db', entries: [entry(2), entry(3)] as never })
        return [entry(1), entry(2)]
      },
    },
  })
  expect(followed.code).toBe(0)
  expect(followed.out.match(/m\d/g)).toEqual(['m1', 'm2', 'm3'])
})

it('check prints each step and ends with 1 when one failed', async () => {
  const step = {
    step: 'tcp',
    title: 'Connect',
    server: null,
    result: 'ok',
    detail: '127.0.0.1:22',
    milliseconds: 3.2,
    fault: null,
  }
  const failed = { ...step, step: 'login', title: 'Log in', result: 'failed', detail: 'refused', fault }
  const good = await warren(['check', 'db'], { answers: { ...answers, 'forwards.check': () => [step] } })
  expect([good.code, good.out]).toEqual([0, '✓ Connect  3 ms  127.0.0.1:22\n'])
  const bad = await warren(['check', 'db', '--json'], {
    answers: { ...answers, 'forwards.check': () => [step, failed] },
  })
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.out)).toHaveLength(2)
})

describe('tables', () => {
  it('count cells, not characters', () => {
    expect(['db', '数据', 'é', 'e\u0301', '\u001b[32m●\u001b[39m'].map(textWidth)).toEqual([2, 4, 1, 1, 1])
    expect(
      table([
        ['数据', 'x'],
        ['a', 'y'],
      ]),
    ).toEqual(['数据  x', 'a     y'])
  })

  it('wrap at spaces and keep long words whole', () => {
    expect(wrap('one two abcdefghij k', 7)).toEqual(['one two', 'abcdefghij', 'k'])
  })
})
