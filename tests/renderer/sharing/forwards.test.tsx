import { act, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { PERSONAL } from '@shared/cloud-views'
import { describe, expect, it } from 'vitest'
import { App } from '../../../src/renderer/src/app'
import { menuStore } from '../../../src/renderer/src/components/menu'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { DetailPane } from '../../../src/renderer/src/screens/forwards/detail/detail-pane'
import { deleteForwards } from '../../../src/renderer/src/stores/forward-actions'
import { moveEntries, moveForwards } from '../../../src/renderer/src/stores/share-actions'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { undoLast } from '../../../src/renderer/src/stores/undo'
import { ConfirmHost } from '../../../src/renderer/src/components/confirm-host'
import { teamSpace, localSpace } from '../../../src/renderer/src/sharing/words'
import { callsOf, openConnectedWindow } from '../_window'
import { makeCloud, makeConflict, OPS, sampleTeams, WEB } from '../harness/_cloud'
import { makeFault, makeForward, servers } from '../harness/_data'
import { makeShared, sampleRuns, sharedForwards } from '../harness/_sharing'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'

const ops = teamSpace({ id: OPS, name: 'ops', role: 'owner' })

async function open(options: FakeOptions): Promise<FakeDaemon> {
  return openConnectedWindow({ servers, cloud: { view: makeCloud() }, settings: { groupBy: 'none' }, ...options })
}
const rowOf = (name: string): HTMLElement =>
  screen.getByRole('switch', { name }).closest<HTMLElement>('[role="row"]') as HTMLElement
const toasts = (): readonly string[] => toastStore.getState().toasts.map(({ text }) => text)

describe('shared forwards in the list', () => {
  it('say whose they are and how their sync stands', async () => {
    await open({ forwards: sharedForwards() })
    render(<App />)
    expect(within(rowOf('db')).getByRole('img', { name: 'shared with ops, in sync' })).toBeInTheDocument()
    expect(rowOf('db')).toHaveTextContent('runs elsewhere')
    expect(
      within(rowOf('laptop-socks')).getByRole('img', { name: 'in your account, waiting to be sent' }),
    ).toBeVisible()
    expect(rowOf('web')).toHaveTextContent('Differs from ops: decide which counts')
    expect(rowOf('admin')).toHaveTextContent('cloud.example.net refused admin')
    expect(rowOf('metrics')).toHaveTextContent('Port 9091 here, since 9090 is taken')
    expect(within(rowOf('mine')).queryByRole('img', { name: /shared|account/ })).toBeNull()
  })

  it('are grouped by team, and found by its name', async () => {
    await open({ forwards: sharedForwards(), settings: { groupBy: 'space' } })
    render(<App />)
    for (const title of ['ops', 'Personal', 'web', 'on this machine only']) {
      expect(screen.getByRole('button', { name: new RegExp(`^(Start|Stop) all of ${title}$`) })).toBeInTheDocument()
    }
    await userEvent.type(screen.getByPlaceholderText('Search'), 'personal')
    expect(screen.getAllByRole('switch').map((each) => each.getAttribute('aria-label'))).toEqual([
      'laptop-socks',
      'notes',
    ])
  })

  it('offer the grouping only to who has an account', async () => {
    await open({ forwards: [makeForward('db')], cloud: {} })
    render(<App />)
    await userEvent.click(screen.getByRole('button', { name: 'Group' }))
    expect(await screen.findByRole('menuitemcheckbox', { name: 'By server' })).toBeInTheDocument()
    expect(screen.queryByRole('menuitemcheckbox', { name: 'By team' })).toBeNull()
    act(() => {
      menuStore.setState({ open: null })
    })
  })
})

describe('moving forwards', () => {
  it('shares many at once, says what could not go, and can be taken back', async () => {
    const range = makeForward('workers', { spec: { localPort: 9000, remotePort: 9000, portCount: 10 } })
    const daemon = await open({ forwards: [makeForward('a'), makeForward('b'), range] })
    await moveForwards(['forward-a', 'forward-b', 'forward-workers'], ops)
    expect(callsOf(daemon, 'cloud.share')).toEqual([{ ids: ['forward-a', 'forward-b'], namespace: OPS }])
    expect(toasts()).toEqual(['2 forwards are shared with ops now.', 'workers cannot be moved to ops.'])
    undoLast()
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.share').at(-1)).toEqual({ ids: ['forward-a', 'forward-b'], namespace: 'local' })
    })
  })

  it('asks first where a team loses them', async () => {
    const daemon = await open({ forwards: [makeShared('db')] })
    render(<ConfirmHost />)
    let moving: Promise<void> | undefined
    act(() => {
      moving = moveForwards(['forward-db'], localSpace)
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Keep sharing' }))
    await moving
    expect(callsOf(daemon, 'cloud.share')).toEqual([])
  })

  it('is not offered without an account, nor away from a team where one may change nothing', async () => {
    await open({ forwards: [makeForward('db')], cloud: {} })
    expect(moveEntries(['forward-db'])).toEqual([])
    const daemon = await open({ forwards: [makeShared('wiki', { namespace: WEB, space: 'web', editable: false })] })
    const able = moveEntries(['forward-wiki']).filter((entry) => entry.kind === 'item' && entry.disabled !== true)
    expect(able).toMatchObject([{ label: 'web', checked: true }])
    await moveForwards(['forward-wiki'], localSpace)
    expect(callsOf(daemon, 'cloud.share')).toEqual([])
    expect(toasts()).toEqual(['wiki cannot be moved to This machine only.'])
  })
})

describe('deleting a forward of a team', () => {
  it('asks, and says that it goes away for everybody', async () => {
    const daemon = await open({ forwards: [makeShared('db')] })
    render(<ConfirmHost />)
    let deleting: Promise<void> | undefined
    act(() => {
      deleting = deleteForwards(['forward-db'])
    })
    expect(await screen.findByRole('alertdialog')).toHaveTextContent('It goes away for everybody in ops.')
    await userEvent.click(screen.getByRole('button', { name: 'Delete for everybody' }))
    await deleting
    expect(callsOf(daemon, 'forwards.remove')).toEqual([{ ids: ['forward-db'] }])
  })

  it('asks nothing for what is personal', async () => {
    const daemon = await open({ forwards: [makeShared('notes', { namespace: PERSONAL, space: 'Personal' })] })
    await deleteForwards(['forward-notes'])
    expect(callsOf(daemon, 'forwards.remove')).toEqual([{ ids: ['forward-notes'] }])
  })

  it('is refused with the reason to who may only run it; the rest is deleted', async () => {
    const wiki = makeShared('wiki', { namespace: WEB, space: 'web', editable: false })
    const daemon = await open({ forwards: [wiki, makeForward('mine')] })
    await deleteForwards(['forward-wiki', 'forward-mine'])
    expect(callsOf(daemon, 'forwards.remove')).toEqual([{ ids: ['forward-mine'] }])
    expect(toasts()[0]).toBe('wiki cannot be deleted: it belongs to web, where your role is User.')
  })
})

describe('the pane of a shared forward', () => {
  const section = (): HTMLElement => screen.getByRole('region', { name: 'Sharing' })

  it('says who runs it now, and asks again when something changed', async () => {
    const db = makeShared('db', { activeElsewhere: true })
    const daemon = await open({ forwards: [db], cloud: { view: makeCloud(), runs: sampleRuns } })
    render(<DetailPane forwardId="forward-db" />)
    expect(section()).toHaveTextContent('Shared with ops, in sync.')
    expect(await within(section()).findByText('workshop-imac')).toBeInTheDocument()
    const [mine, theirs] = within(section()).getAllByRole('listitem')
    expect(mine).toHaveTextContent(/^This machineada@example.netsince /)
    expect(theirs).toHaveTextContent(/^workshop-imacbob@example.netsince /)
    expect(callsOf(daemon, 'cloud.runs')).toHaveLength(1)
    act(() => {
      daemon.emit('forwards.changed', {
        changed: [{ ...db, cloud: db.cloud === null ? null : { ...db.cloud, activeElsewhere: false } }],
        removed: [],
      })
    })
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.runs')).toHaveLength(2)
    })
  })

  it('says so when the server cannot tell', async () => {
    const daemon = await open({ forwards: [makeShared('db', { activeElsewhere: true })] })
    daemon.failNext(
      'cloud.runs',
      makeFault({ code: 'cloud.no-extension', message: 'This server does not tell who runs it.' }),
    )
    render(<DetailPane forwardId="forward-db" />)
    expect(
      await screen.findByText(
        'It ran somewhere else when the server was last asked. This server does not tell who runs it.',
      ),
    ).toBeInTheDocument()
  })

  it('leads to the decision that waits', async () => {
    const conflict = makeConflict('db')
    await open({
      forwards: [makeShared('db', { state: 'conflict' })],
      cloud: { view: makeCloud({ state: 'conflict', conflicts: 1 }), conflicts: [conflict] },
    })
    render(<DetailPane forwardId="forward-db" />)
    expect(await within(section()).findByText(/db was changed here and in ops/)).toBeInTheDocument()
    await userEvent.click(within(section()).getByRole('button', { name: 'Decide…' }))
    expect(uiStore.getState()).toMatchObject({
      screen: 'cloud',
      cloudPage: { kind: 'inbox', conflictId: conflict.id },
    })
  })

  it('says why the server refused it, what was re-mapped, and what comes sealed', async () => {
    const fault = makeFault({ code: 'cloud.refused', message: 'The name is too long.', remedy: null })
    const secrets = [{ kind: 'password', readable: false }] as const
    await open({
      forwards: [makeShared('db', { state: 'refused', fault, remapped: { from: 5432, to: 5433 }, secrets })],
    })
    render(<DetailPane forwardId="forward-db" />)
    expect(section()).toHaveTextContent('The name is too long.')
    expect(section()).toHaveTextContent('Port 5433 here, since 5432 is taken. For ops nothing changes.')
    expect(section()).toHaveTextContent('password (locked on this machine)')
  })

  it('of what is on this machine only offers to share it, or says why not', async () => {
    await open({ forwards: [makeForward('mine'), makeForward('range', { spec: { portCount: 4 } })] })
    const { rerender } = render(<DetailPane forwardId="forward-mine" />)
    expect(section()).toHaveTextContent('Kept on this machine only.')
    await userEvent.click(within(section()).getByRole('button', { name: 'Share…' }))
    expect(menuStore.getState().open?.entries.map((entry) => ('label' in entry ? entry.label : ''))).toEqual([
      'This machine only',
      'Personal',
      ...sampleTeams.map(({ name }) => name),
    ])
    rerender(<DetailPane forwardId="forward-range" />)
    expect(section()).toHaveTextContent('a range cannot be shared')
    expect(within(section()).queryByRole('button')).toBeNull()
  })

  it('says nothing of sharing without an account', async () => {
    await open({ forwards: [makeForward('mine')], cloud: {} })
    render(<DetailPane forwardId="forward-mine" />)
    expect(screen.queryByRole('region', { name: 'Sharing' })).toBeNull()
  })
})
