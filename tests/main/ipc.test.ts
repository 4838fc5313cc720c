import { beforeEach, describe, expect, it, vi } from 'vitest'
import { APP_CHANNEL, DAEMON_CHANNEL, windowMethods } from '@shared/ipc'
import { WarrenError, type Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import { handlers } from './electron-stub'

vi.mock('electron', () => import('./electron-stub'))
const { isTrustedSender, setupIpc } = await import('../../src/main/ipc')

const OUR_PAGE = 'warren://app/index.html'
const contents = { name: 'our window' }
const ours = { sender: contents, senderFrame: { url: OUR_PAGE, parent: null } }

const daemon = vi.fn((method: string, params: unknown): Promise<unknown> => Promise.resolve({ method, params }))
const settings = vi.fn((patch: unknown) => patch)

async function ask(
  channel: string,
  method: unknown,
  params?: unknown,
  event: unknown = ours,
): Promise<Result<unknown>> {
  const handler = handlers.get(channel)
  if (handler === undefined) throw new Error(`Nobody serves ${channel}`)
  return (await handler(event, method, params)) as Result<unknown>
}

async function fault(...args: Parameters<typeof ask>): Promise<Fault> {
  const result = await ask(...args)
  if (result.ok) throw new Error('It was answered')
  return result.fault
}

beforeEach(() => {
  daemon.mockClear()
  settings.mockClear()
  setupIpc({ trusted: () => contents as never, daemon, app: { 'app.settings': settings } as never })
})

describe('who may ask', () => {
  it.each([
    ['another window', { ...ours, sender: {} }],
    ['a frame inside our page', { ...ours, senderFrame: { url: OUR_PAGE, parent: {} } }],
    ['a frame that is gone', { ...ours, senderFrame: null }],
    ['our window showing a web page', { ...ours, senderFrame: { url: 'https://example.org/', parent: null } }],
    ['our window showing a file', { ...ours, senderFrame: { url: 'file:///etc/passwd', parent: null } }],
    ['an address that begins like ours', { ...ours, senderFrame: { url: 'warren://app.evil/', parent: null } }],
    ['another host of our scheme', { ...ours, senderFrame: { url: 'warren://other/index.html', parent: null } }],
  ])('not %s', async (_who, event) => {
    expect((await fault(DAEMON_CHANNEL, 'forwards.list', {}, event)).code).toBe('ipc.untrusted-sender')
    expect((await fault(APP_CHANNEL, 'app.settings', {}, event)).code).toBe('ipc.untrusted-sender')
    expect(daemon).not.toHaveBeenCalled()
    expect(settings).not.toHaveBeenCalled()
  })

  it('nobody while there is no window', () => {
    expect(isTrustedSender(ours, null)).toBe(false)
  })

  it('the top frame of our window', () => {
    expect(isTrustedSender(ours, contents)).toBe(true)
  })
})

describe('what may be asked', () => {
  it('passes a request of the contract on, parsed', async () => {
    expect(await ask(DAEMON_CHANNEL, 'forwards.stop', { ids: ['a'] })).toEqual({
      ok: true,
      value: { method: 'forwards.stop', params: { ids: ['a'] } },
    })
  })

  it.each(['daemon.stop', 'daemon.hello', 'needs.answer', 'servers.setSecret', 'forwards.runAdHoc', '', '__proto__'])(
    'refuses the request "%s", which is not a window’s',
    async (method) => {
      expect(windowMethods).not.toContain(method)
      expect((await fault(DAEMON_CHANNEL, method, {})).code).toBe('rpc.unknown-method')
    },
  )

  it.each([null, 7, ['forwards.list'], { toString: () => 'forwards.list' }, 'constructor', 'hasOwnProperty'])(
    'refuses %j as a name',
    async (method) => {
      expect((await fault(DAEMON_CHANNEL, method, {})).code).toBe('rpc.unknown-method')
      expect((await fault(APP_CHANNEL, method, {})).code).toBe('rpc.unknown-method')
    },
  )

  it('refuses params of another shape and names the field', async () => {
    expect(await fault(DAEMON_CHANNEL, 'forwards.stop', { ids: 'all' })).toMatchObject({
      code: 'rpc.invalid',
      field: 'ids',
    })
    expect((await fault(DAEMON_CHANNEL, 'forwards.list', { more: 1 })).code).toBe('rpc.invalid')
    expect((await fault(APP_CHANNEL, 'app.settings', { theme: 'pink' })).field).toBe('theme')
    expect(daemon).not.toHaveBeenCalled()
  })

  it('tells a form which field is wrong', async () => {
    const draft = { name: 'db', type: 'local', localPort: 70_000, remoteHost: 'db', remotePort: 1, serverId: 's' }
    expect(await fault(DAEMON_CHANNEL, 'forwards.add', draft)).toMatchObject({
      code: 'spec.invalid',
      field: 'localPort',
      message: 'localPort must be 0 to 65535.',
    })
    const patch = { id: 's', patch: { port: 0 } }
    expect(await fault(DAEMON_CHANNEL, 'servers.update', patch)).toMatchObject({ code: 'spec.invalid', field: 'port' })
  })

  it('refuses a message of 100 MB before it is parsed', async () => {
    const huge = { ids: ['x'.repeat(100 * 1024 * 1024)] }
    expect((await fault(DAEMON_CHANNEL, 'forwards.stop', huge)).code).toBe('rpc.too-large')
  })

  it('refuses a message that holds itself', async () => {
    const loop: Record<string, unknown> = {}
    loop['ids'] = loop
    expect((await fault(DAEMON_CHANNEL, 'forwards.stop', loop)).code).toBe('rpc.invalid')
  })
})

describe('faults', () => {
  it('cross as data with code, sentence and fix', async () => {
    daemon.mockRejectedValueOnce(new WarrenError('port.in-use', 'Port 1 is held.', { fix: 'Use 2.' }))
    expect(await fault(DAEMON_CHANNEL, 'forwards.start', { ids: [] })).toMatchObject({
      code: 'port.in-use',
      message: 'Port 1 is held.',
      fix: 'Use 2.',
    })
  })

  it('of our own making are called that', async () => {
    daemon.mockRejectedValueOnce(new TypeError('x is undefined'))
    expect((await fault(DAEMON_CHANNEL, 'forwards.start', { ids: [] })).code).toBe('internal')
  })
})
