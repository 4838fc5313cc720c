import { waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import {
  applyRemedy,
  copySshCommand,
  deleteForwards,
  openAddress,
  startForwards,
  stopForwards,
  webAddress,
} from '../../../src/renderer/src/stores/forward-actions'
import { getForward } from '../../../src/renderer/src/stores/forwards'
import { undoLast } from '../../../src/renderer/src/stores/undo'
import { callsOf, openConnectedWindow } from '../_window'
import { makeFault, makeForward, servers } from '../harness/_data'

const toasts = () => toastStore.getState().toasts

describe('forward actions', () => {
  it('shows a fault with its sentence and its fix', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db')] })
    daemon.failNext('forwards.start', makeFault({ message: 'No.', fix: 'Try this.' }))
    await startForwards(['forward-db'])
    expect(toasts()).toMatchObject([{ text: 'No.', more: 'Try this.', tone: 'fault' }])
  })

  it('says how many live connections a stop would cut, and keeps them when told so', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db', { state: 'running', connections: 2 })] })
    const stopped = stopForwards(['forward-db'])
    expect(confirmStore.getState().question?.body).toBe('This ends 2 live connections through db.')
    confirmStore.getState().question?.answer(false)
    await stopped
    expect(callsOf(daemon, 'forwards.stop')).toEqual([])
  })

  it('deletes without a question and brings back what ran', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('db', { state: 'running' })] })
    await deleteForwards(['forward-db'])
    expect(getForward('forward-db')).toBeUndefined()
    expect(toasts()).toMatchObject([{ text: 'db deleted.', action: { label: 'Undo' } }])
    undoLast()
    await waitFor(() => {
      expect(getForward('forward-db')?.snapshot.state).toBe('running')
    })
    expect(callsOf(daemon, 'forwards.restore')).toEqual([{ ids: ['forward-db'] }])
    expect(toasts()).toEqual([])
    undoLast()
    expect(callsOf(daemon, 'forwards.restore')).toHaveLength(1)
  })

  it.each([
    ['local', {}, { localPort: 5433 }],
    ['local', { bindPort: 5432 }, { bindPort: 5433 }],
    ['remote', { remotePort: 80 }, { remotePort: 5433 }],
    ['dynamic', {}, { bindPort: 5433 }],
  ] as const)('moves the listening end of a %s forward to the port of the remedy', async (type, spec, patch) => {
    const daemon = await openConnectedWindow({
      forwards: [makeForward('db', { state: 'failed', spec: { type, ...spec } })],
    })
    await applyRemedy('forward-db', { action: 'use-port', port: 5433 })
    expect(callsOf(daemon, 'forwards.update')).toEqual([{ id: 'forward-db', patch }])
    expect(callsOf(daemon, 'forwards.start')).toEqual([{ ids: ['forward-db'] }])
  })

  it('opens only what runs, and only where a browser finds something', async () => {
    const daemon = await openConnectedWindow({ forwards: [makeForward('web', { spec: { localPort: 8080 } })] })
    await openAddress('forward-web')
    expect(callsOf(daemon, 'app.openExternal')).toEqual([])
    expect(toasts()).toMatchObject([{ action: { label: 'Start' } }])
    await startForwards(['forward-web'])
    await openAddress('forward-web')
    expect(callsOf(daemon, 'app.openExternal')).toEqual(['http://127.0.0.1:8080/'])
    expect(webAddress(makeForward('s', { spec: { type: 'dynamic' } }))).toBeNull()
    expect(webAddress(makeForward('p', { spec: { bindAddress: '/run/x.sock' } }))).toBeNull()
    expect(webAddress(makeForward('a', { spec: { bindAddress: '::', localPort: 1, remotePort: 443 } }))).toBe(
      'https://127.0.0.1:1/',
    )
  })

  it('copies the ssh command with the hops on the way', async () => {
    const daemon = await openConnectedWindow({
      forwards: [makeForward('db', { spec: { serverId: 'server-build' } })],
      servers,
    })
    await copySshCommand('forward-db')
    const [command] = callsOf(daemon, 'app.copy')
    expect(command).toContain('-J deploy@bastion.example.net')
    expect(command).toContain('-L')
  })
})
