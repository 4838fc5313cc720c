import { describe, expect, it } from 'vitest'
import { ownerOf } from '../../src/engine/own-ends'
import type { RelaySnapshot } from '../../src/shared/relay-snapshots'
import type { ForwardSnapshot } from '../../src/shared/snapshots'

const base = { state: 'running', portCount: 1 } as const
const web = { ...base, name: 'web', type: 'tcp', listen: { host: '127.0.0.1', port: 8080 }, portCount: 3 }
const dns = { ...base, name: 'dns', type: 'udp', listen: { host: '*', port: 53 } }
const db = { ...base, name: 'db', type: 'local', listen: { host: 'localhost', port: 5432 } }
const back = { ...base, name: 'back', type: 'remote', listen: { host: 'localhost', port: 9000 } }
const failed = { ...base, name: 'late', type: 'tcp', state: 'failed', listen: { host: '*', port: 7000 } }
const ends = {
  relays: [web, dns, failed] as unknown as RelaySnapshot[],
  forwards: [db, back] as unknown as ForwardSnapshot[],
}

describe('the owner of a port', () => {
  it.each([
    ['127.0.0.1', 8082, 'tcp', 'the relay "web"'],
    ['*', 8080, 'tcp', 'the relay "web"'],
    ['127.0.0.2', 8080, 'tcp', null],
    ['127.0.0.1', 8083, 'tcp', null],
    ['127.0.0.1', 8080, 'udp', null],
    ['192.0.2.1', 53, 'udp', 'the relay "dns"'],
    ['::1', 5432, 'tcp', 'the forward "db"'],
    ['localhost', 9000, 'tcp', null],
    ['127.0.0.1', 7000, 'tcp', null],
  ] as const)('of %s port %i (%s) is %s', (host, port, protocol, owner) => {
    expect(ownerOf({ host, port }, protocol, ends)).toBe(owner)
  })
})
