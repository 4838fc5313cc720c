import dns from 'node:dns'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { listenHere } from '../../../src/engine/tcp/listen'
import { checkLeaks } from '../../support/leaks'
import { faultOf } from '../ssh/harness'

const ports = { holderOf: () => Promise.resolve(null), nextFree: () => Promise.resolve(null) }
const onSocket = (): void => undefined

describe('listening here', () => {
  checkLeaks()

  it('makes a Unix socket that only its owner may use, and leaves the umask as it was', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'warren-listen-'))
    const path = join(dir, 'docker.sock')
    const before = process.umask()
    const listener = await listenHere({ at: { path }, onSocket, ports })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(process.umask()).toBe(before)
    await listener.close()
    rmSync(dir, { recursive: true })
  })

  it('blames the field that the port is written in', async () => {
    const first = await listenHere({ at: { host: '127.0.0.1', port: 0 }, onSocket, ports })
    const at = first.bound
    expect(await faultOf(listenHere({ at, onSocket, ports }))).toMatchObject({
      code: 'port.in-use',
      field: 'localPort',
    })
    expect(await faultOf(listenHere({ at, onSocket, ports, portField: 'bindPort' }))).toMatchObject({
      code: 'port.in-use',
      field: 'bindPort',
    })
    await first.close()
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN'])('blames the address where its name is not resolved: %s', async (code) => {
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation((...words: unknown[]) => {
      const answer = words.at(-1) as (error: Error) => void
      setImmediate(() => answer(Object.assign(new Error(code), { code })))
    })
    const fault = await faultOf(listenHere({ at: { host: 'gate.example', port: 0 }, onSocket, ports }))
    lookup.mockRestore()
    expect(fault).toMatchObject({ code: 'port.address-unavailable', field: 'bindAddress' })
  })
})
