import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resetStream } from '../../src/engine/reset-stream'
import { checkLeaks } from '../support/leaks'

checkLeaks()

let server: Server
let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'warren-reset-'))
})
afterEach(async () => {
  server.close()
  await once(server, 'close')
  rmSync(dir, { recursive: true, force: true })
})

/** Both ends of a connection. */
async function pair(at: { host: string; port: number } | { path: string }): Promise<[Socket, Socket]> {
  server = createServer({ allowHalfOpen: true })
  server.listen(at)
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const far = connect('path' in at ? at : { host: at.host, port: (server.address() as AddressInfo).port })
  const [near] = await accepted
  return [near, far]
}

/** How the far side learns of the end. */
function learns(far: Socket): Promise<string> {
  return new Promise((resolve) => {
    far.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    far.on('end', () => {
      far.end()
      resolve('end')
    })
    far.resume()
  })
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

const loopback = { host: '127.0.0.1', port: 0 }

describe('a reset', () => {
  it('tells a TCP peer that it was no orderly end', async () => {
    const [near, far] = await pair(loopback)
    const learnt = learns(far)
    const gone = closed(near)
    resetStream(near)
    await gone
    expect(await learnt).toBe('ECONNRESET')
  })

  it('closes a Unix socket', async () => {
    const [near, far] = await pair({ path: join(dir, 'a.sock') })
    const learnt = learns(far)
    const gone = closed(near)
    resetStream(near)
    await gone
    expect(await learnt).toBe('end')
  })

  it.each([0, 1, 2])('closes a socket whose orderly end began %i turns ago', async (turns) => {
    const [near, far] = await pair(loopback)
    const learnt = learns(far)
    const gone = closed(near)
    near.end()
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
    resetStream(near)
    await gone
    expect(await learnt).toMatch(/end|ECONNRESET/)
    far.destroy()
  })
})
