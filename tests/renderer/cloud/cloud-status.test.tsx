import { syncWords } from '@shared/cloud-words'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { CloudStatus } from '../../../src/renderer/src/shell/cloud-status'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { openConnectedWindow } from '../_window'
import { cloudFrom, loginFault, makeCloud, makeConflict } from '../harness/_cloud'
import type { CloudOptions } from '../harness/_cloud'
import type { FakeDaemon } from '../harness/fake-api'

async function openStatus(cloud: CloudOptions): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ cloud })
  render(<CloudStatus />)
  return daemon
}

describe('the state of sync below the screens', () => {
  it('is not there for who has no account', async () => {
    await openStatus({})
    expect(screen.queryByRole('button')).not.toBeInTheDocument()
  })

  it('says how it stands with the queue, and leads to the account', async () => {
    const daemon = await openStatus(cloudFrom('waiting'))
    expect(screen.getByRole('button')).toHaveTextContent('3 waiting')
    act(() => {
      const cloud = makeCloud({ state: 'offline', since: new Date().toISOString(), waiting: 4 })
      daemon.emit('cloud.changed', { cloud, conflicts: [] })
    })
    expect(screen.getByRole('button')).toHaveTextContent(/Offline since \d.*4 waiting/)
    fireEvent.click(screen.getByRole('button'))
    expect(uiStore.getState()).toMatchObject({ screen: 'cloud', cloudPage: { kind: 'account' } })
  })

  it('leads to what must be decided, and does not hide it while the server is away', async () => {
    await openStatus({ view: makeCloud({ state: 'offline', conflicts: 2 }), conflicts: [makeConflict('db')] })
    expect(screen.getByRole('button')).toHaveTextContent('2 to decide')
    fireEvent.click(screen.getByRole('button'))
    expect(uiStore.getState()).toMatchObject({ screen: 'cloud', cloudPage: { kind: 'inbox' } })
  })

  it('has a word for each state', () => {
    const now = new Date(2026, 0, 5, 15, 0).getTime()
    const since = new Date(2026, 0, 5, 14, 2).toISOString()
    const words = (
      ['signed-out', 'login-needed', 'starting', 'in-sync', 'waiting', 'offline', 'conflict'] as const
    ).map((state) => syncWords({ state, since, waiting: 3, conflicts: 1 }, now))
    expect(words.filter((word) => !word.startsWith('Offline'))).toEqual([
      ...['Signed out', 'Sign in again', 'Connecting', 'In sync', '3 waiting', '1 conflict'],
    ])
    expect(words.find((word) => word.startsWith('Offline'))).toMatch(/^Offline since 0?2:02|14:02/)
  })
})

describe('what the cloud tells while one is elsewhere', () => {
  it('goes when the conflict was decided, be it somewhere else', async () => {
    const daemon = await openStatus(cloudFrom('in-sync'))
    act(() => {
      daemon.emit('cloud.changed', {
        cloud: makeCloud({ state: 'conflict', conflicts: 1 }),
        conflicts: [makeConflict('db')],
      })
    })
    expect(toastStore.getState().toasts).toHaveLength(1)
    act(() => {
      daemon.emit('cloud.changed', { cloud: makeCloud({}), conflicts: [] })
    })
    expect(toastStore.getState().toasts).toEqual([])
  })

  it('is a word about a team that somebody else ended, and none about one that was left', async () => {
    const daemon = await openStatus(cloudFrom('in-sync'))
    const event = { id: 7, at: '2026-01-05T15:00:00.000Z', kind: 'removed', forwardId: null, serverId: null } as const
    const message = 'You are no longer in ops; its 1 forward went away from this machine.'
    act(() => {
      daemon.emit('activity.added', { event: { ...event, subject: 'ops', message, code: 'cloud.not-found' } })
      daemon.emit('activity.added', {
        event: { ...event, id: 8, subject: 'web', message: 'You left web.', code: null },
      })
    })
    expect(toastStore.getState().toasts).toMatchObject([{ text: message }])
  })

  it('is a message for a new conflict, once, that leads to it', async () => {
    const daemon = await openStatus(cloudFrom('in-sync'))
    const change = { cloud: makeCloud({ state: 'conflict', conflicts: 1 }), conflicts: [makeConflict('db')] }
    act(() => {
      daemon.emit('cloud.changed', change)
      daemon.emit('cloud.changed', change)
    })
    const [toast, ...more] = toastStore.getState().toasts
    expect(more).toEqual([])
    expect(toast?.text).toMatch(/^db was changed here and in ops/)
    expect(toast?.more).toBe('Nothing was overwritten.')
    toast?.action?.run()
    expect(uiStore.getState()).toMatchObject({
      screen: 'cloud',
      cloudPage: { kind: 'inbox', conflictId: 'conflict-db' },
    })
  })

  it('is a message when the login is wanted again', async () => {
    const daemon = await openStatus(cloudFrom('in-sync'))
    act(() => {
      daemon.emit('cloud.changed', { cloud: makeCloud({ state: 'login-needed', fault: loginFault }), conflicts: [] })
    })
    expect(toastStore.getState().toasts).toMatchObject([{ text: 'cloud.example.net wants a login again.' }])
  })

  it('is nothing for what was there when the window opened', async () => {
    await openStatus(cloudFrom('conflicts'))
    expect(toastStore.getState().toasts).toEqual([])
  })
})
