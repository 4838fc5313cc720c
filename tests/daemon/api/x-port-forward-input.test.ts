import dns from 'node:dns'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { temporaryHome } from '../../support/daemon'
import { KEY, SIGN, startXDaemon, targetOf, type XDaemon } from './_x-daemon'
import { done, xTools } from './_x-tools'

let place: ReturnType<typeof temporaryHome>
let world: XDaemon
const tools = xTools(() => world)
const { port, forward, added } = tools

beforeAll(async () => {
  place = temporaryHome()
  vi.spyOn(dns, 'lookup').mockImplementation(lookUpHere)
  world = await startXDaemon(place.home)
})
afterAll(async () => {
  await world.stop()
  place.remove()
  vi.restoreAllMocks()
})

const { lookup } = dns

/** The system asks a name server for a path that is written as an address: a slow one answers later than a panel waits. */
function lookUpHere(...[name, ...rest]: Parameters<typeof dns.lookup>): void {
  if (!name.includes('/')) return lookup(name, ...rest)
  const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name })
  const answer = rest.at(-1) as unknown as (error: Error) => void
  setImmediate(() => answer(unknown))
}

describe('a call', () => {
  it('is answered whatever the path and the method are, and bodies are not read', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const query = targetOf('server_info').slice(1)
      const { status, text } = await world.send(`/any/path.php${query}`, {
        method,
        body: method === 'GET' ? '' : `action=add_forward&sign=x&${'x'.repeat(100_000)}`,
      })
      expect(status).toBe(200)
      expect(JSON.parse(text)).toMatchObject({ data: { Code: 30 } })
    }
    const { text } = await world.send('/', { method: 'POST', body: targetOf('server_info').slice(2) })
    expect(JSON.parse(text)).toMatchObject({ code: 403, message: 'Auth Error' })
  })

  it('is written down without key or signature', async () => {
    await added('audited')
    await world.call('forward_proxy_status', { forwardname: 'audited' })
    await world.send(`/?sign=${'0'.repeat(32)}&action=del_forward%0a&action_data={"forwardname":"audited"}`)
    const entries = await world.client.call('apis.audit', { limit: 3 })
    expect(entries.map(({ action, subject, result }) => [action, subject, result])).toEqual([
      ['del_forward ', 'audited', '403 Auth Error'],
      ['forward_proxy_status', 'audited', '200/34 Success'],
      ['add_forward', 'audited', '200 Success'],
    ])
    expect(entries[0]?.caller).toMatch(/127\.0\.0\.1$/)
    const everything = JSON.stringify(entries) + world.log.join('\n')
    for (const secret of [KEY, SIGN, '0'.repeat(32)]) expect(everything).not.toContain(secret)
    await world.call('del_forward', { forwardname: 'audited' })
  })

  it('is refused without a crash when it is hostile', async () => {
    const name = { forwardname: 'hostile' }
    const hostile = [
      ...['{', '[]', 'null', '{"forwardname":', '"x"', '1e999'],
      `${'{"forwardname":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      '{"__proto__":{"forwardname":"x","forwardtype":"tcp"}}',
      '{"forwardtype":"tcp","forwardtype":"sctp"}',
    ]
    const actions = [
      ...['add_forward', 'edit_forward', 'del_forward', 'change_status_forward', 'get_forward_infos'],
      ...['get_forward_traffic_logs', 'reset_forward_bandwidth', 'reload_forward', 'forward_del_sync'],
      'forward_proxy_status',
    ]
    for (const action of actions) {
      for (const data of hostile) {
        const answer = await world.call(action, data)
        expect(answer.code === 500 || (answer.data as { Status: string }).Status === 'error').toBe(true)
      }
      const broken = await world.send(`/?sign=${SIGN}&action=${action}&action_data=%7b%zz`)
      expect(JSON.parse(broken.text)).toMatchObject({ code: 500 })
    }
    expect((await world.send('/?action=%&sign=%%')).text).toContain('Auth Error')
    expect((await world.send(`/?sign=${SIGN}&action=constructor`)).text).toContain('Action Not Found')
    expect(await world.call('forward_proxy_status', name)).toMatchObject({ data: { ForwardStatus: 'Pstopped' } })
  })

  it('of 10 MB is refused before it is read', async () => {
    const sent = await world.send(targetOf('add_forward', `{"a":"${'x'.repeat(10 * 1024 ** 2)}"}`)).catch(String)
    expect(typeof sent === 'string' || sent.status === 431).toBe(true)
    expect(await world.call('server_info')).toMatchObject({ data: { Code: 30 } })
  })
})

describe('each parameter', () => {
  const values: readonly unknown[] = [
    ...[undefined, null, '', ' ', 0, -1, -0.5, 70_000, 1e308, Number.MAX_SAFE_INTEGER, true, [], {}, '80'],
    ...['x'.repeat(100_000), '\u0000', '\ud800', '../../etc/passwd', '/run/socket', '-oProxy', "'; drop table relays"],
  ]
  const names = ['forwardname', 'proxyip', 'proxyport', 'listenip', 'listenport', 'maxconnnum', 'ratelimit'] as const

  it.each([...names, 'forwardtype'] as const)('%s may be anything when a forward is added', async (name) => {
    for (const value of values) {
      const data = { ...(await forward('odd')), [name]: value }
      const answer = await world.call('add_forward', data)
      const code = (answer.data as { Code?: number }).Code
      // A rate that is none counts as missing, which means none; all others must be there and possible.
      const isTaken = code === undefined
      if (isTaken)
        await world.call('del_forward', {
          forwardname: typeof value === 'string' && name === 'forwardname' ? value : 'odd',
        })
      if (name === 'forwardtype') expect(code).toBe(1)
      else expect([undefined, 2]).toContain(code)
      if (name.endsWith('port')) expect(code).toBe(2)
    }
    expect(await world.client.call('relays.list', {})).toEqual([])
  })

  it.each(names)('%s may be anything when a forward is changed', async (name) => {
    const before = await added('odd')
    for (const value of values) {
      const answer = await world.call('edit_forward', { forwardname: 'odd', [name]: value })
      expect([undefined, 4, 5]).toContain((answer.data as { Code?: number }).Code)
    }
    const views = await world.client.call('relays.list', {})
    expect(views.map(({ spec }) => spec.name)).toEqual(['odd'])
    if (name.endsWith('port')) expect(views[0]?.spec.listenPort).toBe(before['listenport'])
    await world.call('del_forward', { forwardname: 'odd' })
  })

  it('that is not whole is cut, and one of another type counts as missing', async () => {
    const listenport = await port()
    const data = await forward('cut', {
      listenport: listenport + 0.9,
      proxyport: 80.9,
      maxconnnum: 1.5,
      ratelimit: '9',
    })
    expect(await world.call('add_forward', data)).toEqual(done)
    expect(await world.call('get_forward_infos', { forwardname: 'cut' })).toMatchObject({
      data: { Info: { ListenPort: listenport, ProxyPort: 80, MaxConnNum: 1, RateLimit: 0 } },
    })
    expect((await world.call('add_forward', await forward('cut2', { maxconnnum: 0.5 }))).data).toMatchObject({
      Code: 2,
    })
    await world.call('del_forward', { forwardname: 'cut' })
  })

  it('keeps what an edit does not give, and a rate of 0 takes the limit away', async () => {
    const data = await added('kept', { maxconnnum: 5, ratelimit: 100 })
    const edit = async (more: object): Promise<unknown> => {
      expect(await world.call('edit_forward', { forwardname: 'kept', ...more })).toEqual(done)
      const { data: shown } = await world.call('get_forward_infos', { forwardname: 'kept' })
      const [view] = await world.client.call('relays.list', {})
      return { ...(shown as { Info: object }).Info, enforced: view?.spec.limits.perConnection.up }
    }
    const same = { ProxyIP: '127.0.0.1', ProxyPort: 9, ListenPort: data['listenport'], ForwardType: 'tcp' }
    expect(await edit({ other: 1 })).toMatchObject({ ...same, MaxConnNum: 5, RateLimit: 100, enforced: 102_400 })
    expect(await edit({ maxconnnum: 0, ratelimit: 8 })).toMatchObject({
      ...same,
      MaxConnNum: 5,
      RateLimit: 8,
      enforced: 8192,
    })
    expect(await edit({ ratelimit: '0' })).toMatchObject({ RateLimit: 8 })
    expect(await edit({ ratelimit: 0 })).toMatchObject({ ...same, MaxConnNum: 5, RateLimit: 0, enforced: null })
    expect(await edit({ maxconnnum: 7, proxyip: 'localhost' })).toMatchObject({ ProxyIP: 'localhost', MaxConnNum: 7 })
    expect(await edit({ forwardtype: 'udp', maxconnnum: 2333 })).toMatchObject({ ForwardType: 'udp', MaxConnNum: 2333 })
    await world.call('del_forward', { forwardname: 'kept' })
  })
})
