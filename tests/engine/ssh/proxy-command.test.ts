import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectThroughCommand } from '../../../src/engine/ssh/_proxy-command'
import { checkLeaks } from '../../support/leaks'

checkLeaks()

const CHUNK_BYTES = 1024
/** More than a pipe or socket pair of the kernel holds. */
const MOST_CHUNKS = 4096
/** Turns of the event loop after which the kernel has taken what it takes at once. */
const TURNS = 5

describe('a proxy command that does not read for a while', () => {
  it('gets what was sent, though the memory of it is used again once it was said to be sent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'warren-command-'))
    const go = join(folder, 'go')
    const stream = connectThroughCommand(`sh -c 'until [ -e ${go} ]; do sleep 0.01; done; exec cat'`, {
      ...{ name: 'bastion', host: 'h', port: 22, originalHost: 'h', username: 'u' },
      signal: new AbortController().signal,
      onDiagnostic: () => undefined,
    })
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    let sent = 0
    for (let isTaken = true; isTaken && sent < MOST_CHUNKS; sent += 1) {
      const chunk = Buffer.alloc(CHUNK_BYTES, sent % 251)
      isTaken = false
      stream.write(chunk, () => {
        isTaken = true
        chunk.fill(0xff)
      })
      for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    const ended = once(stream, 'end')
    stream.end()
    writeFileSync(go, '')
    await ended
    stream.destroy()
    rmSync(folder, { recursive: true })
    const whole = Buffer.concat(parts)
    expect(whole.length).toBe(sent * CHUNK_BYTES)
    const wrong = Array.from({ length: sent }, (_, at) => at).filter((at) => whole[at * CHUNK_BYTES] !== at % 251)
    expect(wrong).toEqual([])
  })
})
