/** A server that talks on while a person looks at its key: what it says must not take the place of the key. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Connection } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { checkLeaks } from '../../support/leaks'
import { makeKey } from '../../support/sshd'
import { listen, makeWorld, serverSpec, withSession } from './harness'

checkLeaks()

const NEWKEYS = 21
/** Many times what is read into before it is used again, and more than the kernel keeps for a reader that is slow. */
const FLOOD_BYTES = 32 * 1024 * 1024
const IGNORED_BYTES = 30_000

/** SSH_MSG_IGNORE (RFC 4253 §11.2) as it is sent before there are keys. */
function ignorePacket(): Buffer {
  const length = IGNORED_BYTES + 4
  const packet = Buffer.alloc(4 + length, 0x5a)
  packet.writeUInt32BE(length, 0)
  packet[4] = 7
  packet[5] = 2
  packet.writeUInt32BE(length - 1 - 7 - 5, 6)
  return packet
}

/** Of what a server says up to its NEWKEYS, in the clear: where that begins. `null`: not there yet. */
function newKeysAt(said: Buffer): number | null {
  let at = said.indexOf('\r\n') + 2
  while (at >= 2 && at + 6 <= said.length) {
    if (said[at + 5] === NEWKEYS) return at
    at += 4 + said.readUInt32BE(at)
  }
  return null
}

/** Without strict key exchange, which a server is free not to speak, other messages are allowed in between. */
function speakLoosely(connection: Connection): void {
  interface Lists {
    array: string[]
  }
  type Offer = { lists: { kex: Lists; serverHostKey: Lists; cs: Record<string, Lists>; sc: Record<string, Lists> } }
  const protocol = (connection as unknown as { _protocol: { _offer: Offer } })._protocol
  const { lists, constructor } = protocol._offer as Offer & { constructor: unknown }
  const plain = (all: Record<string, Lists>): object =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([, list]) => Array.isArray(list.array))
        .map(([name, { array }]) => [name, array]),
    )
  protocol._offer = new (constructor as new (lists: object) => Offer)({
    kex: lists.kex.array.filter((each) => !each.startsWith('kex-strict')),
    serverHostKey: lists.serverHostKey.array,
    cs: plain(lists.cs),
    sc: plain(lists.sc),
  })
}

async function startLooseServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'warren-loose-'))
  makeKey(join(folder, 'host'), 'ed25519')
  const hostKeys = [readFileSync(join(folder, 'host'))]
  rmSync(folder, { recursive: true })
  const server = new ssh2.Server({ hostKeys }, (connection) => {
    speakLoosely(connection)
    connection.on('error', () => undefined)
    connection.on('authentication', (context) => {
      context.accept()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await closed
  }
  return { port: (server.address() as AddressInfo).port, close }
}

describe('what was read before the session', () => {
  it('is not written over while the key is looked at', async () => {
    const server = await startLooseServer()
    let flooded!: () => void
    const flood = new Promise<void>((resolve) => {
      flooded = resolve
    })
    const between = await listen((client: Socket) => {
      const upstream = connect(server.port, '127.0.0.1')
      upstream.on('error', () => client.destroy())
      client.on('close', () => upstream.destroy())
      client.pipe(upstream)
      let said = Buffer.alloc(0)
      let told = 0
      const hear = (chunk: Buffer): void => {
        said = Buffer.concat([said, chunk])
        const at = newKeysAt(said)
        client.write(said.subarray(told, at ?? said.length))
        told = at ?? said.length
        if (at === null) return
        upstream.off('data', hear)
        const packet = ignorePacket()
        for (let left = FLOOD_BYTES; left > packet.length; left -= packet.length) client.write(packet)
        client.write(packet, () => {
          flooded()
        })
        client.write(said.subarray(at))
        upstream.pipe(client)
      }
      upstream.on('data', hear)
    })
    const world = makeWorld({
      answer: async () => {
        await flood
        return { kind: 'host-key', decision: 'trust' }
      },
    })
    try {
      await withSession(
        serverSpec({ port: between.port }),
        async (session) => {
          expect(session.snapshot().algorithms?.cipher).toContain('gcm')
        },
        world,
      )
    } finally {
      await between.close()
      await server.close()
    }
  })
})
