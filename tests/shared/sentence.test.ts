import { describe, expect, it } from 'vitest'
import type { Endpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import {
  closingLine,
  forwardSentence,
  needSentence,
  routeLine,
  stateGlyphs,
  stateWords,
  statusLine,
  summaryLine,
} from '@shared/sentence'
import { forwardStates, startingStates, type ForwardState } from '@shared/snapshots'
import type { ForwardType } from '@shared/specs'

const tcp = (host: string, port: number): Endpoint => ({ host, port })

function sentence(type: ForwardType, listen: Endpoint, target: Endpoint | null): string {
  return forwardSentence({ type, listen, target, server: 'bastion' })
}

describe('forwardSentence', () => {
  it.each<[ForwardType, Endpoint, Endpoint | null, string]>([
    [
      'local',
      tcp('127.0.0.1', 5432),
      tcp('db', 5432),
      'People here connect to 127.0.0.1:5432 and reach db:5432 as seen from bastion',
    ],
    [
      'local',
      tcp('*', 5432),
      tcp('db', 5432),
      'People on this network connect to port 5432 of this machine and reach db:5432 as seen from bastion',
    ],
    [
      'local',
      tcp('192.0.2.7', 5432),
      tcp('::1', 5432),
      'People on this network connect to 192.0.2.7:5432 and reach [::1]:5432 as seen from bastion',
    ],
    [
      'local',
      { path: '/tmp/a.sock' },
      { path: '/run/docker.sock' },
      'People here connect to the socket /tmp/a.sock and reach the socket /run/docker.sock on bastion',
    ],
    [
      'local',
      tcp('127.0.0.1', 0),
      tcp('db', 5432),
      'People here connect to a free port of 127.0.0.1 and reach db:5432 as seen from bastion',
    ],
    [
      'remote',
      tcp('localhost', 9000),
      tcp('127.0.0.1', 3000),
      'People on bastion connect to localhost:9000 and reach 127.0.0.1:3000 here',
    ],
    [
      'remote',
      tcp('0.0.0.0', 9000),
      tcp('printer', 9100),
      'People on the network of bastion connect to port 9000 of bastion and reach printer:9100 as seen from here',
    ],
    [
      'remote',
      tcp('localhost', 1080),
      null,
      'People on bastion use localhost:1080 as a SOCKS or HTTP proxy and browse from here',
    ],
    [
      'dynamic',
      tcp('127.0.0.1', 1080),
      null,
      'People here use 127.0.0.1:1080 as a SOCKS or HTTP proxy and browse from bastion',
    ],
    [
      'dynamic',
      tcp('::', 1080),
      null,
      'People on this network use port 1080 of this machine as a SOCKS or HTTP proxy and browse from bastion',
    ],
  ])('describes a %s forward at %j to %j', (...[type, listen, target, expected]) => {
    expect(sentence(type, listen, target)).toBe(expected)
  })

  it('goes by what the server made of the address, where that is known', () => {
    const offer = { type: 'remote' as const, listen: tcp('*', 80), target: tcp('127.0.0.1', 81), server: 'bastion' }
    expect(forwardSentence({ ...offer, exposed: false })).toMatch(/^People on bastion connect/)
    expect(forwardSentence({ ...offer, listen: tcp('localhost', 80), exposed: true })).toMatch(/^People on the network/)
  })

  it('says the first and the last port of a range', () => {
    const range = { type: 'local' as const, listen: tcp('127.0.0.1', 8000), target: tcp('web', 9000), portCount: 10 }
    expect(routeLine(range)).toBe('127.0.0.1:8000–8009 → web:9000–9009')
    expect(forwardSentence({ ...range, server: 'bastion' })).toBe(
      'People here connect to 127.0.0.1:8000–8009 and reach web:9000–9009 as seen from bastion',
    )
    const wide = { ...range, listen: tcp('*', 8000), server: 'bastion' }
    expect(forwardSentence(wide)).toContain('ports 8000–8009 of this machine')
    expect(forwardSentence({ ...wide, listen: tcp('*', 0) })).toContain('10 free ports of this machine')
  })

  it('speaks of the server while it has no name yet', () => {
    const forward = { type: 'dynamic' as const, listen: tcp('127.0.0.1', 1080), target: null, server: '' }
    expect(forwardSentence(forward)).toContain('browse from the server')
  })
})

describe('statusLine', () => {
  const now = Date.parse('2026-01-01T02:14:30.000Z')
  const fault: Fault = {
    code: 'ssh.auth-failed',
    message: 'The server accepts publickey.',
    fix: null,
    field: null,
    remedy: null,
    detail: null,
  }
  const line = (state: ForwardState, more: { nextTryAt?: string; reason?: Fault } = {}): string =>
    statusLine(
      { state, since: '2026-01-01T00:00:00.000Z', nextTryAt: more.nextTryAt ?? null, reason: more.reason ?? null },
      { now, need: 'host-key' },
    )

  it('says how long, when next, what to do and why not', () => {
    expect(line('running')).toBe('running for 2 h 14 m')
    expect(line('degraded')).toBe('degraded for 2 h 14 m')
    expect(line('waiting', { nextTryAt: '2026-01-01T02:14:37.500Z' })).toBe('retry in 8 s')
    expect(line('waiting', { nextTryAt: '2026-01-01T02:14:00.000Z' })).toBe('retrying now')
    expect(line('needs-you')).toBe('needs you: accept the host key')
    expect(line('failed', { reason: fault })).toBe('failed: the server accepts publickey.')
    expect(line('failed', { reason: { ...fault, message: 'SSH keys were refused.' } })).toBe(
      'failed: SSH keys were refused.',
    )
    expect(line('authenticating')).toBe('logging in')
  })

  it('has a word and a glyph for every state, and a glyph of its own for each that lasts', () => {
    const lasting = forwardStates.filter((state) => !startingStates.has(state))
    expect(new Set(lasting.map((state) => stateGlyphs[state])).size).toBe(lasting.length)
    expect(new Set(forwardStates.map((state) => stateWords[state])).size).toBe(forwardStates.length)
  })
})

it('draws the route, and anywhere for SOCKS', () => {
  expect(routeLine({ listen: tcp('::1', 1), target: tcp('db', 2) })).toBe('[::1]:1 → db:2')
  expect(routeLine({ listen: tcp('127.0.0.1', 1080), target: null })).toBe('127.0.0.1:1080 → anywhere')
})

it('sums up for the tray', () => {
  const states = (['running', 'degraded', 'failed', 'stopped', 'waiting'] as const).map((state) => ({ state }))
  expect(summaryLine(states, 1.2 * 1024 ** 2)).toBe('2 of 5 running · 1.2 MB/s')
  expect(summaryLine(states)).toBe('2 of 5 running')
  expect(summaryLine([])).toBe('No forwards yet')
  expect([closingLine(0), closingLine(1), closingLine(3)]).toEqual([
    '',
    '1 forward will close',
    '3 forwards will close',
  ])
})

it('tells a need in a sentence', () => {
  const base = { id: 'n', serverId: 's', server: 'bastion', login: '', forwardIds: [], raisedAt: '', expiresAt: '' }
  expect(needSentence({ ...base, kind: 'password', username: 'me', refused: false })).toBe(
    'bastion asks for the password of me',
  )
  expect(needSentence({ ...base, kind: 'passphrase', keyFile: '~/.ssh/id', refused: true })).toBe(
    'The passphrase of ~/.ssh/id is wrong',
  )
})
