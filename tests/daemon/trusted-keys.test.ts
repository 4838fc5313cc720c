import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { TrustedKeysOptions, TrustedKeys } from '../../src/daemon/trusted-keys'
import { createTrustedKeys } from '../../src/daemon/trusted-keys'
import { packStrings } from '../../src/engine/ssh/_blob'

const dir = mkdtempSync(join(tmpdir(), 'warren-trusted-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
const pinOf = (byte: number): Parameters<TrustedKeys['add']>[0] => ({
  host: 'DB.example',
  keyType: 'ssh-ed25519',
  key: packStrings('ssh-ed25519', Buffer.alloc(32, byte)).toString('base64'),
})

describe('keys trusted in Warren', () => {
  let stored: string[]
  let told: { kind: string; message: string }[]
  let trusted: TrustedKeys
  const file = join(dir, 'known_hosts')
  beforeEach(() => {
    stored = []
    told = []
    const options = {
      loaded: [],
      store: {
        addTrustedKey: async ({ id }: { id: string }) => void stored.push(id),
        removeTrustedKey: async (id: string) => void stored.splice(stored.indexOf(id), 1),
      },
      activity: { add: (event: { kind: string; message: string }) => void told.push(event) },
      warnings: { tolerate: (work: () => Promise<void>) => work() },
      now: () => 0,
      knownHostsFile: file,
    }
    // The parts of the daemon that are of no use here are left out.
    trusted = createTrustedKeys(options as unknown as TrustedKeysOptions)
  })

  it('are found under the lower-case name, once each', () => {
    trusted.add(pinOf(1))
    trusted.add(pinOf(1))
    expect(trusted.find('db.EXAMPLE')).toHaveLength(1)
    expect(stored).toHaveLength(1)
  })

  it('go when the server retired them, and nothing else does', () => {
    trusted.add(pinOf(1))
    trusted.add(pinOf(2))
    trusted.drop(pinOf(1))
    trusted.drop(pinOf(3))
    expect(trusted.all().map(({ key }) => key)).toEqual([pinOf(2).key])
    expect(stored).toHaveLength(1)
    expect(told.map(({ kind }) => kind)).toEqual(['trusted', 'trusted', 'removed'])
  })

  it('are written to known_hosts once', async () => {
    trusted.add(pinOf(1))
    const [key] = trusted.list()
    expect(await trusted.write(key?.id ?? '')).toEqual({ file, written: true })
    expect(await trusted.write(key?.id ?? '')).toEqual({ file, written: false })
    expect(readFileSync(file, 'utf8')).toBe(`db.example ssh-ed25519 ${pinOf(1).key}\n`)
    await expect(trusted.write('nothing')).rejects.toMatchObject({ code: 'spec.not-found' })
  })
})
