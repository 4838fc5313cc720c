import { describe, expect, it, vi } from 'vitest'
import type { ActivityEvent } from '@shared/snapshots'
import { appCommands } from '@shared/ipc-names'
import { autostartEntry } from '../../src/main/autostart'
import { parseFlags } from '../../src/main/flags'
import { commandMenus, separator } from '../../src/main/menu-template'
import {
  newNeeds,
  noticesForCloud,
  noticesForEvents,
  noticesForNeeds,
  noticesForSlowed,
} from '../../src/main/notice-policy'
import { subscriptionFor, windowWants } from '../../src/main/subscriptions'
import { account, passwordNeed, relayView, view } from './views'

vi.mock('electron', () => import('./electron-stub'))
const { fileFor, isAppUrl } = await import('../../src/main/app-protocol')
const { isAllowedAddress } = await import('../../src/main/external')
const { whatCloses } = await import('../../src/main/quit')
const { browserAddress, trayActions } = await import('../../src/main/tray-actions')

function event(kind: ActivityEvent['kind'], name: string): ActivityEvent {
  return {
    id: 1,
    at: '',
    kind,
    forwardId: name,
    serverId: null,
    subject: name,
    message: `${name}: ${kind}.`,
    code: null,
  }
}

describe('messages of the desktop', () => {
  it('tell what failed for good and what runs again, and lead to the forward', () => {
    expect(noticesForEvents([event('failed', 'db'), event('recovered', 'web')])).toEqual([
      { title: 'db failed', body: 'db: failed.', to: { screen: 'forwards', id: 'db' } },
      { title: 'web runs again', body: 'web: recovered.', to: { screen: 'forwards', id: 'web' } },
    ])
  })

  it.each([
    'started',
    'stopped',
    'interrupted',
    'needs-you',
    'added',
    'changed',
    'removed',
    'trusted',
    'daemon',
  ] as const)('are not made for "%s"', (kind) => {
    expect(noticesForEvents([event(kind, 'db')])).toEqual([])
  })

  it('keep only the last word about a forward', () => {
    expect(noticesForEvents([event('failed', 'db'), event('started', 'db')])).toEqual([])
  })

  it('become one when a server takes many forwards with it', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => event('failed', name))
    expect(noticesForEvents(many)).toEqual([
      { title: '5 forwards failed', body: 'a, b, c and 2 more', to: { screen: 'forwards', id: null } },
    ])
  })

  const isRelay = (id: string): boolean => id.startsWith('relay-')

  it('say what ended a relay, and lead to it', () => {
    const used = { ...event('failed', 'relay-game'), subject: 'game', code: 'limit.quota' }
    const over = { ...event('failed', 'relay-demo'), subject: 'demo', code: 'limit.expired' }
    expect(noticesForEvents([used, over], isRelay)).toMatchObject([
      { title: 'game used up its quota', to: { screen: 'relays', id: 'relay-game' } },
      { title: 'The time of demo is over', to: { screen: 'relays', id: 'relay-demo' } },
    ])
  })

  it('name relays where many of them fail, and both where they fail together', () => {
    const relays = ['a', 'b', 'c', 'd'].map((name) => event('failed', `relay-${name}`))
    expect(noticesForEvents(relays, isRelay)).toMatchObject([
      { title: '4 relays failed', to: { screen: 'relays', id: null } },
    ])
    expect(noticesForEvents([...relays, event('failed', 'db')], isRelay)).toMatchObject([
      { title: '5 forwards and relays failed', to: { screen: 'forwards', id: null } },
    ])
  })

  it('tell once that a relay goes slowly because its quota is used up', () => {
    const notice = 'The quota of this month is used up: everything together goes at 16 KB/s until 1 December'
    const fast = new Map([['relay-game', relayView('game', { snapshot: { state: 'running' } })]])
    const slow = new Map([['relay-game', relayView('game', { snapshot: { state: 'running', notice } })]])
    expect(noticesForSlowed(fast, slow)).toEqual([
      { title: 'game used up its quota', body: `${notice}.`, to: { screen: 'relays', id: 'relay-game' } },
    ])
    expect(noticesForSlowed(slow, new Map(slow))).toEqual([])
    // What was so before Warren looked is no news.
    expect(noticesForSlowed(new Map(), slow)).toEqual([])
  })

  it('say who needs the person and why', () => {
    expect(noticesForNeeds([passwordNeed('n1')])).toEqual([
      {
        title: 'bastion needs you',
        body: 'bastion asks for the password of me.',
        to: { screen: 'forwards', id: 'id-db' },
      },
    ])
    const many = ['1', '2', '3', '4'].map((id) => passwordNeed(id))
    expect(noticesForNeeds(many)).toHaveLength(1)
  })

  it('say what the cloud wants decided, and when it wants a login, once', () => {
    const calm = account()
    const conflict = account({ state: 'conflict', conflicts: 2 })
    expect(noticesForCloud(calm, conflict)).toEqual([
      {
        title: '2 forwards were changed on both sides',
        body: 'Nothing was overwritten. Decide what holds.',
        to: { screen: 'cloud', id: 'inbox' },
      },
    ])
    expect(noticesForCloud(conflict, account({ state: 'conflict', conflicts: 1 }))).toEqual([])
    expect(noticesForCloud(null, conflict)).toEqual([])
    const login = account({ state: 'login-needed' })
    expect(noticesForCloud(calm, login)).toMatchObject([{ to: { screen: 'cloud', id: null } }])
    expect(noticesForCloud(login, account({ state: 'login-needed', waiting: 1 }))).toEqual([])
  })

  it('name a team that somebody else ended, and say nothing of one that the person left', () => {
    const gone = { ...event('removed', 'Ops'), forwardId: null, message: 'You are no longer in Ops.' }
    expect(noticesForEvents([{ ...gone, code: 'cloud.not-found' }])).toEqual([
      { title: 'Team Ops', body: 'You are no longer in Ops.', to: { screen: 'cloud', id: null } },
    ])
    expect(noticesForEvents([gone])).toEqual([])
    const before = account({ teams: [{ id: 'ops', name: 'Ops', role: 'user', key: 'none' }] })
    expect(noticesForCloud(before, account())).toEqual([])
  })

  it('do not repeat a question that was open before', () => {
    const needs = [passwordNeed('n1'), passwordNeed('n2')]
    expect(newNeeds(new Set(['n1']), needs).map(({ id }) => id)).toEqual(['n2'])
  })
})

describe('the subscription', () => {
  const window = { topics: ['forwards', 'rates', 'connections', 'logs'], forwardId: 'f1' } as const

  it('is what main and its window need together', () => {
    expect(subscriptionFor({ window, windowVisible: true, trayRates: false })).toEqual({
      topics: ['activity', 'cloud', 'connections', 'forwards', 'logs', 'needs', 'rates', 'relays'],
      forwardId: 'f1',
    })
  })

  it('leaves samples out while nobody sees them, except the rate in the tray', () => {
    const hidden = { window, windowVisible: false }
    expect(subscriptionFor({ ...hidden, trayRates: false }).topics).toEqual([
      ...['activity', 'cloud', 'forwards', 'logs', 'needs', 'relays'],
    ])
    expect(subscriptionFor({ ...hidden, trayRates: true }).topics).toContain('rates')
  })

  it('gives the window only what it asked for', () => {
    expect(windowWants(window, 'rates.sampled')).toBe(true)
    expect(windowWants(window, 'needs.changed')).toBe(false)
  })
})

describe('a choice in the tray', () => {
  it('goes to forwards and relays each by their own way', async () => {
    const calls: unknown[] = []
    const shown: unknown[] = []
    const perform = trayActions({
      link: { call: (method: string, params: unknown) => Promise.resolve(calls.push([method, params])) } as never,
      world: () => ({ relays: new Map([['relay-game', relayView('game')]]) }),
      navigate: (to) => shown.push(to),
      showWindow: () => undefined,
      quit: () => undefined,
    })
    perform({ do: 'stop', ids: ['db', 'relay-game'] })
    perform({ do: 'start', ids: ['relay-game'] })
    perform({ do: 'show', id: 'relay-game' })
    perform({ do: 'show', id: 'db' })
    perform({ do: 'relays' })
    await expect
      .poll(() => calls)
      .toEqual([
        ['forwards.stop', { ids: ['db'] }],
        ['relays.stop', { ids: ['relay-game'] }],
        ['relays.start', { ids: ['relay-game'] }],
      ])
    expect(shown).toEqual([
      { screen: 'relays', id: 'relay-game' },
      { screen: 'forwards', id: 'db' },
      { screen: 'relays', id: null },
    ])
  })
})

describe('what a browser may be sent to', () => {
  const own = new Set(['192.0.2.7', '2001:db8::7'])
  it.each([
    'http://127.0.0.1:8080/',
    'https://localhost/x?y#z',
    'http://[::1]:3000/',
    'http://app.localhost:8080/',
    'http://192.0.2.7:8080/',
    'http://[2001:db8::7]:8080/',
    'https://man.openbsd.org/ssh_config',
  ])('%s', (address) => {
    expect(isAllowedAddress(address, own)).toBe(true)
  })

  it.each([
    'https://example.org/',
    'http://man.openbsd.org/',
    'https://man.openbsd.org:8443/',
    'https://man.openbsd.org.example.org/',
    'http://127.0.0.1.example.org/',
    'http://localhost@example.org/',
    'http://me:secret@localhost/',
    'http://192.0.2.8/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://127.0.0.1/share',
    'not an address',
  ])('not %s', (address) => {
    expect(isAllowedAddress(address, own)).toBe(false)
  })

  it('a wildcard listener is reached at loopback', () => {
    expect(browserAddress({ host: '0.0.0.0', port: 80 })).toBe('http://127.0.0.1:80/')
    expect(browserAddress({ host: '::', port: 80 })).toBe('http://[::1]:80/')
    expect(browserAddress({ path: '/run/x.sock' })).toBeNull()
  })
})

describe('the files of the page', () => {
  it('are those of its folder', () => {
    expect(fileFor('warren://app/index.html', '/out/renderer')).toBe('/out/renderer/index.html')
    expect(fileFor('warren://app/assets/a.js?v=1#x', '/out/renderer')).toBe('/out/renderer/assets/a.js')
  })

  it.each([
    'warren://app/../main/index.js',
    'warren://app/%2e%2e/main/index.js',
    'warren://app/..%2fmain%2findex.js',
    'warren://app/assets/..%5c..%5cx.js',
    'warren://app/%00index.html',
    'warren://app/%E0%A4%A',
    'warren://app//etc/passwd.html',
    'warren://other/index.html',
    'warren://app.evil/index.html',
    'file:///out/renderer/index.html',
  ])('not %s', (url) => {
    const file = fileFor(url, '/out/renderer')
    expect(file === null || file.startsWith('/out/renderer/')).toBe(true)
  })

  it('an address that only begins like ours is not ours', () => {
    expect(isAppUrl('warren://app/index.html')).toBe(true)
    expect(isAppUrl('warren://app.evil/')).toBe(false)
    expect(isAppUrl('warren://application/')).toBe(false)
  })
})

describe('quitting', () => {
  it('asks nothing when nothing would close', () => {
    expect(whatCloses([view('db')])).toBeNull()
  })

  it('says how many forwards and live connections would close', () => {
    const running = view('db', { snapshot: { state: 'running', connections: 2 } })
    const waiting = view('web', { snapshot: { state: 'waiting' } })
    expect(whatCloses([running, waiting, view('off')])).toContain('2 forwards will close, with 2 live connections.')
    expect(whatCloses([waiting])).toContain('1 forward will close.')
    const relay = relayView('game', { snapshot: { state: 'running', connections: 3 } })
    expect(whatCloses([running], [relay, relayView('off')])).toContain(
      '1 forward and 1 relay will close, with 5 live connections. ',
    )
    expect(whatCloses([], [relay])).toContain('1 relay will close, with 3 live connections. game does not start again')
  })

  it('says which of them will not come back by themselves', () => {
    const snapshot = { state: 'running' } as const
    const auto = view('db', { snapshot, spec: { autoStart: true } })
    const byHand = view('web', { snapshot })
    expect(whatCloses([auto])).toContain('With the next start of Warren they run again.')
    expect(whatCloses([auto, byHand])).toContain('web does not start again by itself.')
    const many = ['a', 'b', 'c', 'd'].map((name) => view(name, { snapshot }))
    expect(whatCloses(many)).toContain('4 of them (a, b, c, …) do not start again by themselves.')
  })
})

describe('the command line', () => {
  it('is read past the switches of Chromium', () => {
    expect(parseFlags(['electron', '--no-sandbox', '/app', '--hidden'])).toEqual({ hidden: true, demo: false })
    expect(parseFlags(['warren', '--demo'])).toEqual({ hidden: false, demo: true })
  })
})

describe('the autostart file', () => {
  it('quotes what a path may hold', () => {
    const text = autostartEntry(['/opt/My "App"/100%/$x\\warren', '--hidden'])
    expect(text).toContain(String.raw`Exec="/opt/My \\"App\\"/100%%/\\$x\\\\warren" "--hidden"`)
    expect(text.startsWith('[Desktop Entry]\n')).toBe(true)
  })
})

describe('the menu', () => {
  const items = (platform: string) =>
    commandMenus(platform).flatMap((menu) => menu.items.filter((item) => item !== separator))

  it('has every action of the window, once', () => {
    expect(
      items('linux')
        .map(({ command }) => command)
        .sort(),
    ).toEqual([...appCommands].sort())
  })

  it('shows a key for every action', () => {
    expect(items('linux').every(({ accelerator, pageKey }) => accelerator !== null || pageKey !== null)).toBe(true)
  })

  it('takes no plain letter away from text fields', () => {
    for (const platform of ['linux', 'win32', 'darwin']) {
      for (const { accelerator } of items(platform)) expect(accelerator ?? 'CmdOrCtrl').toContain('CmdOrCtrl')
    }
    expect(items('darwin').every(({ pageKey }) => pageKey === null)).toBe(true)
  })
})
