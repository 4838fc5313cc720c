import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalPorts } from '@engine'
import { checkPort } from '../../src/daemon/port-check'
import type { Services } from '../../src/daemon/services'

let holder: Socket
let port: number

beforeEach(async () => {
  holder = createSocket('udp4')
  holder.bind(0, '127.0.0.1')
  await once(holder, 'listening')
  port = holder.address().port
})
afterEach(() => {
  holder.close()
})

/** Nothing of Warren's own runs. */
const services = {
  localPorts: createLocalPorts(),
  relays: { active: () => new Set() },
  watch: { active: () => new Set() },
} as unknown as Services

describe('the check of a UDP port', () => {
  it('names the program that holds it, and the next free one', async () => {
    const check = await checkPort(services, { host: '127.0.0.1', port, protocol: 'udp' })
    expect(check).toMatchObject({ free: false, holder: { pid: process.pid }, fault: { code: 'port.in-use' } })
    expect(check.fault?.message).toContain(`pid ${process.pid}`)
    expect(check.suggestion).toBeGreaterThan(port)
  })

  it('is not about TCP', async () => {
    const check = await checkPort(services, { host: '127.0.0.1', port, protocol: 'tcp' })
    expect(check.holder?.pid ?? null).not.toBe(process.pid)
  })
})
