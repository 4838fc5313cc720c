import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { temporaryHome } from '../../support/daemon'
import { startXDaemon, type XDaemon } from './_x-daemon'
import { done, refused, xTools } from './_x-tools'

let place: ReturnType<typeof temporaryHome>
let world: XDaemon
const tools = xTools(() => world)
const { port, forward, added } = tools

beforeAll(async () => {
  place = temporaryHome()
  world = await startXDaemon(place.home)
})
afterAll(async () => {
  await world.stop()
  place.remove()
})

describe('a forward of a panel', () => {
  it('is an ordinary relay: seen in the window, with what was set there', async () => {
    const data = await added('shared', { maxconnnum: 9, ratelimit: 64 })
    const [view] = await world.client.call('relays.list', {})
    expect(view).toMatchObject({
      spec: {
        ...{ name: 'shared', origin: 'x-port-forward', listenPort: data['listenport'], autoStart: true },
        limits: { maxConnections: 9, perConnection: { up: 65_536, down: 65_536 } },
      },
      snapshot: { state: 'running', wanted: true },
    })
    const id = view?.spec.id ?? ''
    await world.client.call('relays.update', { id, patch: { description: 'theirs' } })
    await world.client.call('relays.stop', { ids: [id] })
    expect(await world.call('forward_proxy_status', { forwardname: 'shared' })).toMatchObject({
      data: { ForwardStatus: 'Pstopped' },
    })
    expect(await world.call('get_forward_infos', { forwardname: 'shared' })).toMatchObject({
      data: { Status: 'Success', ListenPort: data['listenport'], Info: { Status: 'stop' } },
    })
    await world.client.call('relays.remove', { ids: [id] })
    expect(await world.call('get_forward_infos', { forwardname: 'shared' })).toMatchObject({ data: { Code: 16 } })
  })

  it('that cannot listen is stopped, not refused, and listens when it can', async () => {
    const taken = await port()
    const holder = createServer().listen(taken, '127.0.0.1')
    await once(holder, 'listening')
    await added('blocked', { listenport: taken })
    const status = async (): Promise<unknown> =>
      (await world.call('forward_proxy_status', { forwardname: 'blocked' })).data
    expect(await status()).toMatchObject({ ForwardStatus: 'stopped' })
    holder.close()
    await once(holder, 'close')
    expect(await world.call('reload_forward', { forwardname: 'blocked' })).toEqual(done)
    expect(await status()).toMatchObject({ ForwardStatus: 'running' })
    await world.call('del_forward', { forwardname: 'blocked' })
  })

  it('whose target is itself is refused', async () => {
    const listenport = await port()
    expect(await world.call('add_forward', await forward('loop', { listenport, proxyport: listenport }))).toEqual(
      refused(2, 'Incomplete parameters'),
    )
  })

  it('meets the ports and names of relays that panels cannot speak of', async () => {
    const first = await port()
    const range = await world.client.call('relays.add', {
      ...{
        name: 'Range',
        protocol: 'tcp',
        listenPort: first,
        portCount: 1,
        targets: [
          { host: 'a', port: 1 },
          { host: 'b', port: 1 },
        ],
      },
    })
    for (const [action, code] of [
      ['edit_forward', 5],
      ['del_forward', 9],
      ['get_forward_infos', 16],
      ['reload_forward', 26],
      ['forward_del_sync', 32],
    ] as const) {
      expect((await world.call(action, { forwardname: 'range' })).data).toMatchObject({ Code: code })
    }
    expect((await world.call('add_forward', await forward('range'))).data).toMatchObject({ Code: 27 })
    expect((await world.call('add_forward', await forward('x', { listenport: first }))).data).toMatchObject({
      Code: 28,
    })
    await world.client.call('relays.remove', { ids: [range.spec.id] })
  })

  it('can be one that a person made: its books begin when a panel first changes it', async () => {
    const listenPort = await port()
    const view = await world.client.call('relays.add', {
      ...{ name: 'mine', protocol: 'tcp', listenPort, targets: [{ host: '127.0.0.1', port: 9 }] },
    })
    await world.client.call('relays.start', { ids: [view.spec.id] })
    await world.client.call('relays.wait', { ids: [view.spec.id], timeoutMs: 30_000 })
    const logs = async (): Promise<unknown> =>
      ((await world.call('get_forward_traffic_logs', { forwardname: 'mine' })).data as { Info: unknown }).Info
    expect(await world.call('get_forward_infos', { forwardname: 'mine' })).toMatchObject({
      data: { Info: { MaxConnNum: 0, RateLimit: 0, Status: 'ok', UsedBandwidth: 0 } },
    })
    expect(await world.call('reload_forward', { forwardname: 'mine' })).toEqual(done)
    expect(await logs()).toEqual([])
    expect(await world.call('edit_forward', { forwardname: 'mine', ratelimit: 10 })).toEqual(done)
    expect(await logs()).toHaveLength(1)
    await world.call('del_forward', { forwardname: 'mine' })
  })

  it('has its books again when it is brought back in the window', async () => {
    await added('back')
    const listed = await world.client.call('relays.list', {})
    const id = listed.find((view) => view.spec.name === 'back')?.spec.id ?? ''
    expect(await world.call('del_forward', { forwardname: 'back' })).toMatchObject({ data: { Status: 'Success' } })
    await world.client.call('relays.restore', { ids: [id] })
    await world.client.call('relays.start', { ids: [id] })
    await world.client.call('relays.wait', { ids: [id], timeoutMs: 30_000 })
    expect(await world.call('reload_forward', { forwardname: 'back' })).toEqual(done)
    const { data } = await world.call('get_forward_traffic_logs', { forwardname: 'back' })
    expect((data as { Info: unknown }).Info).toHaveLength(1)
    await world.call('del_forward', { forwardname: 'back' })
  })
})
