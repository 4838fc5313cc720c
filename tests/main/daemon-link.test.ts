import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DaemonVersionError, type DaemonClient } from '@daemon/client'
import { WarrenError } from '@shared/errors'
import type { DaemonLink } from '@shared/ipc'
import { createLink, type Link } from '../../src/main/daemon-link'

interface FakeDaemon {
  readonly client: DaemonClient
  readonly call: ReturnType<typeof vi.fn>
  readonly tell: (name: string, payload: unknown) => void
  readonly die: () => void
}

function fakeDaemon(): FakeDaemon {
  const listeners = new Map<string, (payload: never) => void>()
  let die = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    die = resolve
  })
  const call = vi.fn((method: string) => Promise.resolve(method))
  const client = {
    call,
    on: (name: string, listener: (payload: never) => void) => {
      listeners.set(name, listener)
      return () => listeners.delete(name)
    },
    closed,
    close: () => {
      die()
    },
    daemon: { pid: 1, build: 'test', protocol: 1 },
  } as unknown as DaemonClient
  return { client, call, tell: (name, payload) => listeners.get(name)?.(payload as never), die }
}

const connect = vi.fn<() => Promise<DaemonClient>>()
const replace = vi.fn<() => Promise<DaemonClient>>()
const log = vi.fn()
let pauses: number[]
let retry: (() => void) | null
let states: DaemonLink[]

function start(): Link {
  const link = createLink({
    connect,
    replace,
    log,
    after: (ms, task) => {
      pauses.push(ms)
      retry = task
      return () => {
        retry = null
      }
    },
  })
  link.onState((state) => {
    states.push(state)
  })
  return link
}

const names = (): readonly string[] => states.map(({ state }) => state)
const settle = () => expect.poll(() => states.length).toBeGreaterThan(0)
const subscription = { topics: ['forwards'], forwardId: null } as const

beforeEach(() => {
  pauses = []
  retry = null
  states = []
  connect.mockReset()
  replace.mockReset()
  log.mockReset()
})

describe('the line to the daemon', () => {
  it('begins at once, and a call made meanwhile waits for it', async () => {
    const daemon = fakeDaemon()
    connect.mockResolvedValue(daemon.client)
    const link = start()
    expect(link.state()).toEqual({ state: 'connecting' })
    expect(await link.call('forwards.list', {})).toBe('forwards.list')
    expect(names()).toEqual(['connected'])
  })

  it('subscribes before it says that it is connected', async () => {
    const daemon = fakeDaemon()
    connect.mockResolvedValue(daemon.client)
    const link = start()
    void link.subscribe(subscription)
    await settle()
    expect(daemon.call.mock.calls[0]?.slice(0, 2)).toEqual([
      'events.subscribe',
      { topics: ['forwards'], forwardId: null },
    ])
  })

  it('asks again only when what it wants has changed', async () => {
    const daemon = fakeDaemon()
    connect.mockResolvedValue(daemon.client)
    const link = start()
    await settle()
    await link.subscribe(subscription)
    await link.subscribe({ ...subscription })
    expect(daemon.call).toHaveBeenCalledTimes(1)
  })

  it('is made again when the daemon dies, and what was subscribed is subscribed again', async () => {
    const first = fakeDaemon()
    const second = fakeDaemon()
    connect.mockResolvedValueOnce(first.client).mockResolvedValueOnce(second.client)
    const link = start()
    void link.subscribe(subscription)
    const heard: unknown[] = []
    link.on('servers.changed', (payload) => heard.push(payload))
    await settle()
    first.die()
    await expect.poll(names).toEqual(['connected', 'lost'])
    await expect(link.call('forwards.list', {})).rejects.toMatchObject({ code: 'daemon.unreachable' })
    retry?.()
    await expect.poll(names).toEqual(['connected', 'lost', 'connected'])
    expect(second.call).toHaveBeenCalledWith('events.subscribe', expect.anything(), expect.anything())
    second.tell('servers.changed', { servers: [] })
    expect(heard).toEqual([{ servers: [] }])
  })

  it('tries with growing pauses while the daemon cannot be started, and tells each cause once', async () => {
    connect.mockRejectedValue(new WarrenError('store.locked', 'Another Warren uses this folder.'))
    start()
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      await expect.poll(() => pauses).toHaveLength(attempt)
      retry?.()
    }
    expect(pauses.slice(0, 9)).toEqual([0, 250, 500, 1000, 2000, 5000, 10_000, 10_000, 10_000])
    expect(states.at(-1)).toMatchObject({ state: 'lost', fault: { code: 'store.locked' } })
    expect(log).toHaveBeenCalledTimes(1)
  })

  it('leaves a daemon of another build alone until it is told to replace it', async () => {
    connect.mockRejectedValue(new DaemonVersionError({ protocol: 1, build: '0.0.9', pid: 7, running: 3 }))
    const link = start()
    await settle()
    expect(states).toEqual([
      { state: 'other-version', theirs: '0.0.9', ours: expect.any(String) as string, running: 3 },
    ])
    expect(pauses).toEqual([])
    await expect(link.call('forwards.list', {})).rejects.toMatchObject({ code: 'daemon.version' })
    replace.mockResolvedValue(fakeDaemon().client)
    await link.replace()
    expect(names()).toEqual(['other-version', 'connecting', 'connected'])
  })

  it('does not come back after it was stopped', async () => {
    const daemon = fakeDaemon()
    connect.mockResolvedValue(daemon.client)
    const link = start()
    await settle()
    const stopped = link.stop()
    daemon.die()
    await stopped
    expect(daemon.call).toHaveBeenCalledWith('daemon.stop', {})
    expect(names()).toEqual(['connected'])
    expect(pauses).toEqual([])
  })

  it('lets go of a daemon that answers after it was closed', async () => {
    const daemon = fakeDaemon()
    let answer: (client: DaemonClient) => void = () => undefined
    connect.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve
      }),
    )
    const link = start()
    link.close()
    answer(daemon.client)
    await daemon.client.closed
    expect(names()).toEqual([])
  })
})
