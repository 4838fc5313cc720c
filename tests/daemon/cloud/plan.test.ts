import { expect, it } from 'vitest'
import type { CloudFields } from '../../../src/shared/cloud-views'
import { createCatalog } from '../../../src/daemon/catalog'
import { planChanges, type Plan } from '../../../src/daemon/cloud/_plan'
import { createBook } from '../../../src/daemon/cloud/book'

const MANY = 1000
/** Looked at for an instant each; nobody else here has it. */
const ADDRESS = '127.9.9.9'

const catalog = createCatalog({ servers: [], forwards: [], relays: [], trustedKeys: [], unreadable: [] })
const book = createBook(
  { account: null, spaces: [], bindings: [], outbox: [], conflicts: [], madeServers: [], unreadable: 0 },
  Date.now,
)

function arriving(number: number, localPort: number) {
  const fields: CloudFields = {
    ...{ name: `forward ${number}`, description: '', type: 'local', localPort, localHost: null, tags: [] },
    ...{ remoteHost: 'db', remotePort: 5432, bindAddress: ADDRESS, bindPort: null, serverAddress: '192.0.2.1' },
    ...{ username: null, password: null, keyContent: null, passphrase: null },
  }
  const binding = { namespace: null, localId: `row-${number}`, cloudId: `cloud-${number}`, version: 1 }
  return { binding: { ...binding, base: fields, refused: null, activeElsewhere: false }, fields }
}

function plan(ports: readonly number[]): Promise<Plan> {
  return planChanges({ arrive: ports.map((port, number) => arriving(number, port)) }, { catalog, book, now: Date.now })
}

it('lets everything else have its turn between two of many that arrive', async () => {
  let turns = 0
  let isOver = false
  const turn = (): void => {
    turns += 1
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  const { arrived } = await plan(Array.from({ length: MANY }, (_, at) => 20_000 + at))
  isOver = true
  expect(arrived.map(({ bindAddress, localPort }) => [bindAddress, localPort])).toEqual(
    Array.from({ length: MANY }, (_, at) => [ADDRESS, 20_000 + at]),
  )
  expect(turns).toBeGreaterThanOrEqual(MANY)
})

it('gives each of many that want one port another one, behind it and then from the first', async () => {
  const { arrived } = await plan(Array.from({ length: 400 }, () => 65_300))
  const ports = arrived.map(({ localPort }) => localPort ?? 0)
  expect(new Set(ports).size).toBe(400)
  const wrapped = ports.findIndex((port) => port < 65_300)
  expect(wrapped).toBeGreaterThan(0)
  expect([...ports.slice(0, wrapped)].sort((a, b) => a - b)).toEqual(ports.slice(0, wrapped))
  expect([...ports.slice(wrapped)].sort((a, b) => a - b)).toEqual(ports.slice(wrapped))
  expect(ports[wrapped]).toBeLessThan(2000)
})
