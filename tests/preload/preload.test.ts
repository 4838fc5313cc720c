import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Api } from '@shared/ipc'
import { APP_CHANNEL, DAEMON_CHANNEL, EVENT_CHANNEL, appMethods, windowMethods } from '@shared/ipc-names'

const electron = vi.hoisted(() => {
  type Push = (event: unknown, name: unknown, payload: unknown) => void
  const state: { exposed: Record<string, unknown>; push: Push; channels: string[] } = {
    exposed: {},
    push: () => undefined,
    channels: [],
  }
  const invoke = vi.fn((..._args: unknown[]) => Promise.resolve({ ok: true, value: null }))
  return {
    state,
    invoke,
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => void (state.exposed[name] = value) },
    ipcRenderer: {
      invoke,
      on: (channel: string, listener: Push) => {
        state.channels.push(channel)
        state.push = listener
      },
    },
  }
})
vi.mock('electron', () => electron)

let api: Api

beforeAll(async () => {
  await import('../../src/preload/index')
  api = electron.state.exposed['api'] as Api
})

describe('the preload', () => {
  it('exposes one object and listens to one channel', () => {
    expect(Object.keys(electron.state.exposed)).toEqual(['api'])
    expect(electron.state.channels).toEqual([EVENT_CHANNEL])
    expect(Object.keys(api).sort()).toEqual(['app', 'daemon', 'on'])
  })

  it('has exactly the requests of the contract', () => {
    expect(Object.keys(api.daemon)).toEqual([...windowMethods])
    expect(Object.keys(api.app)).toEqual([...appMethods])
  })

  it('passes one value on, whatever else it is called with', async () => {
    const call = api.daemon['forwards.stop'] as (...args: unknown[]) => Promise<unknown>
    await call({ ids: ['a'] }, 'more', 'and more')
    expect(electron.invoke).toHaveBeenLastCalledWith(DAEMON_CHANNEL, 'forwards.stop', { ids: ['a'] })
    await api.app['app.hello'](undefined)
    expect(electron.invoke).toHaveBeenLastCalledWith(APP_CHANNEL, 'app.hello', undefined)
  })

  it('gives a listener the payload and never Electron’s event', () => {
    const heard: unknown[][] = []
    const off = api.on('servers.changed', (...args) => heard.push(args))
    electron.state.push({ sender: 'secret' }, 'servers.changed', { servers: [] })
    electron.state.push({ sender: 'secret' }, 'needs.changed', { needs: [] })
    off()
    off()
    electron.state.push({}, 'servers.changed', { servers: [] })
    expect(heard).toEqual([[{ servers: [] }]])
  })

  it('ends exactly the subscription that was ended', () => {
    const listener = vi.fn()
    const off = api.on('app.settings', listener)
    api.on('app.settings', listener)
    off()
    electron.state.push({}, 'app.settings', {})
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('lets a listener end itself while it is called', () => {
    const second = vi.fn()
    const off = api.on('app.keyring', () => {
      off()
    })
    api.on('app.keyring', second)
    electron.state.push({}, 'app.keyring', {})
    expect(second).toHaveBeenCalledTimes(1)
  })

  it.each(['warren:daemon', '__proto__', 'constructor', '', 7, null])('refuses to listen to %j', (name) => {
    expect(() => api.on(name as never, () => undefined)).toThrow(TypeError)
  })

  it('refuses a listener that is no function', () => {
    expect(() => api.on('app.daemon', {} as never)).toThrow(TypeError)
  })

  it('ignores an event without a name', () => {
    expect(() => {
      electron.state.push({}, { toString: () => 'app.daemon' }, {})
    }).not.toThrow()
  })
})
