import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

it('are taken out of the address before it is saved, shown or changed', async () => {
  const client = await test.connect()
  const added = await client.call('servers.add', { ...serverDraft(), proxy: 'http://ann:tr0ub4dor@squid.corp:3128' })
  expect(added.proxy).toBe('http://ann@squid.corp:3128')
  const patch = { proxy: 'socks5://ann:c0rrecthorse@squid.corp' }
  const changed = await client.call('servers.update', { id: added.id, patch })
  expect(changed.proxy).toBe('socks5://ann@squid.corp:1080')
  const listed = await client.call('servers.list', {})
  expect(listed.map(({ proxy }) => proxy)).toContain('socks5://ann@squid.corp:1080')
  client.close()
  await test.daemon.stop({ keepWanted: false })
  const files = readdirSync(place.home, { recursive: true, encoding: 'utf8' }).map((name) => join(place.home, name))
  for (const file of files.filter((each) => statSync(each).isFile())) {
    expect(readFileSync(file, 'latin1'), file).not.toMatch(/tr0ub4dor|c0rrecthorse/)
  }
})

it('are refused with the rest of an address that cannot be read, at its field', async () => {
  const client = await test.connect()
  await expect(client.call('servers.add', { ...serverDraft(), proxy: 'http://:secret@squid' })).rejects.toMatchObject({
    code: 'rpc.invalid',
    field: 'proxy',
  })
  client.close()
})
