import { describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import { mark, trayIcon, trayMenu, trayTitle, type TrayAction, type TrayItem } from '../../src/main/tray-menu'
import { account, passwordNeed, relayView, view, withRelays, world } from './views'

const labels = (items: readonly TrayItem[]): readonly string[] =>
  items.map((item) => (item.kind === 'separator' ? '---' : item.label))

function find(items: readonly TrayItem[], ...path: readonly string[]): TrayItem {
  const [first = '', ...rest] = path
  const item = items.find((one) => one.kind !== 'separator' && one.label === first)
  if (item === undefined) throw new Error(`No "${first}" among ${labels(items).join(' | ')}`)
  if (rest.length === 0) return item
  if (item.kind !== 'submenu') throw new Error(`"${first}" is no submenu`)
  return find(item.items, ...rest)
}

function actionOf(items: readonly TrayItem[], ...path: readonly string[]): { action: TrayAction; enabled: boolean } {
  const item = find(items, ...path)
  if (item.kind !== 'action') throw new Error(`"${path.join(' > ')}" is no action`)
  return { action: item.action, enabled: item.enabled }
}

describe('the first line', () => {
  it('counts what runs among all and shows the rate', () => {
    const forwards = [
      view('a', { snapshot: { state: 'running' } }),
      view('b', { snapshot: { state: 'degraded' } }),
      view('c', { snapshot: { state: 'waiting' } }),
      view('d'),
    ]
    const [first] = trayMenu(world(forwards, { rate: 1.2 * 1024 * 1024 }))
    expect(first).toEqual({ kind: 'text', label: '2 of 4 running · 1.2 MB/s' })
  })

  it('says so when there are no forwards', () => {
    expect(trayTitle(world([]))).toBe('No forwards yet')
  })

  it('does not claim that anything runs while the daemon is lost', () => {
    const fault = new WarrenError('daemon.unreachable', 'The background process ended.').toFault()
    const lost = world([view('a', { snapshot: { state: 'running' } })], { link: { state: 'lost', fault } })
    expect(labels(trayMenu(lost)).slice(0, 3)).toEqual([
      'The background process is not running',
      '---',
      'The background process ended.',
    ])
    expect(trayIcon(lost)).toBe('attention')
  })

  it('offers to restart a daemon of another version', () => {
    const other = world([], { link: { state: 'other-version', theirs: '0.0.9', ours: '0.1.0', running: 2 } })
    expect(actionOf(trayMenu(other), 'Restart it as this version').action).toEqual({ do: 'replace-daemon' })
  })
})

describe('the icon', () => {
  it.each([
    ['idle', [view('a')]],
    ['idle', [view('a', { snapshot: { state: 'connecting' } })]],
    ['running', [view('a', { snapshot: { state: 'running' } }), view('b', { snapshot: { state: 'waiting' } })]],
    ['attention', [view('a', { snapshot: { state: 'running' } }), view('b', { snapshot: { state: 'failed' } })]],
    ['attention', [view('a', { snapshot: { state: 'needs-you' } })]],
    ['idle', [view('a', { snapshot: { state: 'failed', wanted: false } })]],
  ] as const)('is %s', (icon, forwards) => {
    expect(trayIcon(world(forwards))).toBe(icon)
  })
})

describe('marks', () => {
  it.each([
    ['running', '✓'],
    ['degraded', '✓'],
    ['resolving', '–'],
    ['binding', '–'],
    ['waiting', '–'],
    ['failed', '!'],
    ['needs-you', '!'],
    ['stopped', '\u2003'],
  ] as const)('%s is shown as "%s"', (state, sign) => {
    expect(mark(view('a', { snapshot: { state } }))).toBe(sign)
  })
})

describe('a forward', () => {
  it('that runs can be stopped, opened and copied from the menu alone', () => {
    const menu = trayMenu(world([view('db', { spec: { favourite: true }, snapshot: { state: 'running' } })]))
    expect(actionOf(menu, '✓ db', 'Stop')).toEqual({ action: { do: 'stop', ids: ['id-db'] }, enabled: true })
    const endpoint = { host: '127.0.0.1', port: 5432 }
    expect(actionOf(menu, '✓ db', 'Copy address').action).toEqual({ do: 'copy', endpoint })
    expect(actionOf(menu, '✓ db', 'Open in the browser')).toEqual({ action: { do: 'open', endpoint }, enabled: true })
    expect(actionOf(menu, '✓ db', 'Show in Warren').action).toEqual({ do: 'show', id: 'id-db' })
  })

  it('that is stopped can be started, and not be opened', () => {
    const menu = trayMenu(world([view('db', { spec: { favourite: true } })]))
    expect(actionOf(menu, '\u2003 db', 'Start').action).toEqual({ do: 'start', ids: ['id-db'] })
    expect(actionOf(menu, '\u2003 db', 'Open in the browser').enabled).toBe(false)
  })

  it('that failed says why in the first line of its submenu and offers another try', () => {
    const reason = new WarrenError('port.in-use', 'Port 5432 is held by postgres, pid 812.').toFault()
    const menu = trayMenu(world([view('db', { spec: { favourite: true }, snapshot: { state: 'failed', reason } })]))
    const item = find(menu, '! db')
    if (item.kind !== 'submenu') throw new Error('not a submenu')
    expect(item.items[0]).toEqual({ kind: 'text', label: 'Port 5432 is held by postgres, pid 812.' })
    expect(actionOf(menu, '! db', 'Try again').action).toEqual({ do: 'retry', ids: ['id-db'] })
    expect(actionOf(menu, '! db', 'Stop').enabled).toBe(true)
  })

  it('cannot be opened in a browser when it listens on the server or as a SOCKS proxy', () => {
    const remote = view('offer', {
      spec: { type: 'remote', remotePort: 9000, favourite: true },
      snapshot: { state: 'running' },
    })
    const dynamic = view('socks', { spec: { type: 'dynamic', favourite: true }, snapshot: { state: 'running' } })
    const menu = trayMenu(world([remote, dynamic]))
    expect(actionOf(menu, '✓ offer', 'Open in the browser').enabled).toBe(false)
    expect(actionOf(menu, '✓ socks', 'Open in the browser').enabled).toBe(false)
  })

  it('with a very long name is shortened without cutting a character in two', () => {
    const name = '🐇'.repeat(50)
    const menu = trayMenu(world([view(name, { spec: { favourite: true } })]))
    expect(labels(menu).every((label) => [...label].length <= 70)).toBe(true)
    expect(labels(menu).join('')).not.toContain('\ufffd')
  })
})

describe('the sections', () => {
  const forwards = [
    view('db', { spec: { favourite: true, tags: ['staging'] }, snapshot: { state: 'running' } }),
    view('web', { spec: { tags: ['staging', 'web'] }, snapshot: { state: 'waiting' } }),
    view('mail', { spec: { tags: ['staging'] }, lastUsed: '2026-01-03T00:00:00.000Z' }),
    view('plain'),
  ]

  it('come in the order needs, favourites, tags, recent, the rest, Warren itself', () => {
    expect(labels(trayMenu(world(forwards, { needs: [passwordNeed('n1')] })))).toEqual([
      '1 of 4 running',
      '---',
      'bastion: enter the password…',
      '---',
      '✓ db',
      '---',
      'staging (1 of 3)',
      'web (0 of 1)',
      '---',
      'Recent',
      'Others',
      '---',
      'Stop all',
      'Open Warren',
      'Settings',
      'Quit (2 forwards will close)',
    ])
  })

  it('start only what is stopped of a tag, and stop only what is wanted', () => {
    const menu = trayMenu(world(forwards))
    expect(actionOf(menu, 'staging (1 of 3)', 'Start all').action).toEqual({ do: 'start', ids: ['id-mail'] })
    expect(actionOf(menu, 'staging (1 of 3)', 'Stop all').action).toEqual({ do: 'stop', ids: ['id-db', 'id-web'] })
    expect(actionOf(menu, 'web (0 of 1)', 'Start all').enabled).toBe(false)
    expect(actionOf(menu, 'Others', '\u2003 plain', 'Start').action).toEqual({ do: 'start', ids: ['id-plain'] })
  })

  it('stop everything that is wanted, and nothing when nothing is', () => {
    expect(actionOf(trayMenu(world(forwards)), 'Stop all').action).toEqual({ do: 'stop', ids: ['id-db', 'id-web'] })
    expect(actionOf(trayMenu(world([view('db')])), 'Stop all').enabled).toBe(false)
  })

  it('lead to the forward that needs a person', () => {
    const menu = trayMenu(world(forwards, { needs: [passwordNeed('n1')] }))
    expect(actionOf(menu, 'bastion: enter the password…').action).toEqual({ do: 'show', id: 'id-db' })
  })

  it('keep names with figures in the order of the figures', () => {
    const many = [10, 9, 1].map((number) => view(`db${number}`, { spec: { favourite: true } }))
    expect(labels(trayMenu(world(many))).slice(2, 5)).toEqual(['\u2003 db1', '\u2003 db9', '\u2003 db10'])
  })

  it('say "Quit" alone when nothing would close', () => {
    expect(labels(trayMenu(world([view('db')]))).at(-1)).toBe('Quit')
  })

  it('stay usable with a thousand forwards', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      view(`f${index}`, { spec: { favourite: index % 2 === 0, tags: [`tag${index % 50}`] } }),
    )
    const menu = trayMenu(world(many))
    expect(menu.length).toBeLessThan(60)
    expect(labels(menu)).toContain('480 more in Warren…')
    expect(labels(menu)).toContain('30 more in Warren…')
  })

  it('are the same words for the same world, so that nothing is rebuilt', () => {
    const later = forwards.map((one) => ({ ...one, snapshot: { ...one.snapshot, bytesUp: 99, connections: 3 } }))
    expect(JSON.stringify(trayMenu(world(later)))).toBe(JSON.stringify(trayMenu(world(forwards))))
  })
})

describe('relays', () => {
  const relays = [
    relayView('game', { spec: { favourite: true, tags: ['staging'] }, snapshot: { state: 'running' } }),
    relayView('dns', { spec: { protocol: 'udp' }, snapshot: { state: 'running' } }),
    relayView('mail', { lastUsed: '2026-01-04T00:00:00.000Z' }),
  ]
  const both = withRelays(
    world([view('db', { spec: { tags: ['staging'] }, snapshot: { state: 'waiting' } })], { rate: 2048 }),
    relays,
  )

  it('stand among forwards where a star, a tag or their last start puts them, and all in a submenu of their own', () => {
    expect(labels(trayMenu(both))).toEqual([
      '2 of 4 running · 2.0 KB/s',
      '---',
      '✓ game',
      '---',
      'staging (1 of 2)',
      '---',
      'Recent',
      '---',
      'Relays (2 of 3)',
      '---',
      'Stop all',
      'Open Warren',
      'Settings',
      'Quit (1 forward and 2 relays will close)',
    ])
    expect(find(trayMenu(both), 'Recent', '\u2003 mail').kind).toBe('submenu')
    expect(actionOf(trayMenu(both), 'staging (1 of 2)', 'Stop all').action).toEqual({
      do: 'stop',
      ids: ['id-db', 'relay-game'],
    })
    expect(actionOf(trayMenu(both), 'Relays (2 of 3)', 'Start all').action).toEqual({
      do: 'start',
      ids: ['relay-mail'],
    })
    expect(actionOf(trayMenu(both), 'Stop all').action).toEqual({
      do: 'stop',
      ids: ['id-db', 'relay-dns', 'relay-game'],
    })
  })

  it('are opened in a browser over TCP only', () => {
    expect(actionOf(trayMenu(both), 'Relays (2 of 3)', '✓ game', 'Open in the browser').enabled).toBe(true)
    expect(actionOf(trayMenu(both), 'Relays (2 of 3)', '✓ dns', 'Open in the browser').enabled).toBe(false)
  })

  it('that failed want attention, and say why', () => {
    const reason = new WarrenError('limit.quota', 'The quota of 50 GB of this month is used up.').toFault()
    const failed = withRelays(world([]), [relayView('game', { snapshot: { state: 'failed', reason } })])
    expect(trayIcon(failed)).toBe('attention')
    const item = find(trayMenu(failed), 'Relays (0 of 1)', '! game')
    expect(item.kind === 'submenu' && item.items[0]).toEqual({
      kind: 'text',
      label: 'The quota of 50 GB of this month is used up.',
    })
  })

  it('lead to their own screen when there are more than a menu holds', () => {
    const many = Array.from({ length: 30 }, (_, index) => relayView(`r${index}`))
    const menu = trayMenu(withRelays(world([]), many))
    expect(actionOf(menu, 'Relays (0 of 30)', '10 more in Warren…').action).toEqual({ do: 'relays' })
  })
})

describe('teams', () => {
  const ops = { namespace: 'team-ops', space: 'ops' }
  const forwards = [
    view('db', { spec: { tags: ['staging'] }, cloud: ops, snapshot: { state: 'running' } }),
    view('web', { spec: { favourite: true }, cloud: ops }),
    view('mail', { cloud: { namespace: 'team-shop', space: 'shop' }, lastUsed: '2026-01-03T00:00:00.000Z' }),
    view('notes', { spec: { tags: ['home'] }, cloud: { namespace: 'personal', space: 'Personal' } }),
    view('plain'),
  ]

  it('have a submenu each; what is personal or of this machine stays at the top', () => {
    const menu = trayMenu(world(forwards, { cloud: account() }))
    expect(labels(menu)).toEqual([
      '1 of 5 running',
      '---',
      '\u2003 web',
      '---',
      'home (0 of 1)',
      '---',
      'ops (1 of 2)',
      'shop (0 of 1)',
      '---',
      'Recent',
      'Others',
      '---',
      'Stop all',
      'Open Warren',
      'Settings',
      'Quit (1 forward will close)',
    ])
    expect(actionOf(menu, 'ops (1 of 2)', 'Start all').action).toEqual({ do: 'start', ids: ['id-web'] })
    expect(actionOf(menu, 'ops (1 of 2)', 'Stop all').action).toEqual({ do: 'stop', ids: ['id-db'] })
    expect(find(menu, 'Recent', '\u2003 mail').kind).toBe('submenu')
    expect(find(menu, 'Others', '\u2003 plain').kind).toBe('submenu')
  })

  it('of one name stay two', () => {
    const two = [view('a', { cloud: ops }), view('b', { cloud: { namespace: 'team-other', space: 'ops' } })]
    expect(labels(trayMenu(world(two))).filter((label) => label === 'ops (0 of 1)')).toHaveLength(2)
  })

  it('lead to the window when they have more forwards than a menu holds', () => {
    const many = Array.from({ length: 300 }, (_, index) => view(`f${index}`, { cloud: ops }))
    expect(find(trayMenu(world(many)), 'ops (0 of 300)', '280 more in Warren…').kind).toBe('action')
  })
})

describe('the account', () => {
  it('is not spoken of while nothing waits for a person', () => {
    const calm = labels(trayMenu(world([])))
    expect(labels(trayMenu(world([], { cloud: account({ state: 'offline', waiting: 3 }) })))).toEqual(calm)
    expect(trayIcon(world([], { cloud: account({ state: 'offline' }) }))).toBe('idle')
  })

  it('leads to the inbox while there are conflicts', () => {
    const busy = world([view('db')], { cloud: account({ state: 'conflict', conflicts: 2 }) })
    expect(actionOf(trayMenu(busy), 'Decide 2 conflicts of shared forwards…').action).toEqual({
      do: 'cloud',
      id: 'inbox',
    })
    expect(trayIcon(busy)).toBe('attention')
  })

  it('asks to sign in again, and keeps saying what else waits', () => {
    const out = world([view('db')], { cloud: account({ state: 'login-needed', conflicts: 1 }) })
    expect(actionOf(trayMenu(out), 'Sign in to the cloud again…').action).toEqual({ do: 'cloud', id: null })
    expect(labels(trayMenu(out))).toContain('Decide 1 conflict of shared forwards…')
  })
})
