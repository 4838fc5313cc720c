import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf } from '../_window'
import { cloudFrom, makeCloud, makeConflict, makeFields, makeForwardCloud, manyConflicts } from '../harness/_cloud'
import { makeFault, makeForward } from '../harness/_data'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { openCloud } from './_open'

function openInbox(
  options: FakeOptions = { cloud: cloudFrom('conflicts') },
  id: string | null = null,
): Promise<FakeDaemon> {
  return openCloud(options, { kind: 'inbox', conflictId: id })
}
const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const pick = (name: RegExp): void => {
  fireEvent.click(screen.getByRole('radio', { name }))
}

const summary = (name: string): HTMLElement =>
  within(screen.getByRole('heading', { level: 3, name: new RegExp(`^${name}`) })).getByRole('button')

describe('a forward that both sides changed', () => {
  it('shows mine, what it was and theirs, field by field, and chooses nothing in advance', async () => {
    await openInbox()
    const rows = within(screen.getByRole('form', { name: 'Decide about db' })).getAllByRole('row')
    expect(rows.map((row) => row.textContent)).toEqual([
      'Mine on this machineBefore what both hadTheirs in ops',
      'Target hostdb-2.internaldb.internalpostgres.prod.svc.cluster.local',
      'Remote port543354326432',
      'Tagsstaging, minestagingempty',
    ])
    for (const radio of screen.getAllByRole('radio')) expect(radio).not.toBeChecked()
    expect(screen.getByRole('button', { name: 'Save the choice' })).toBeDisabled()
  })

  it('is decided when each field has a side', async () => {
    const daemon = await openInbox()
    pick(/^Target host, theirs/)
    pick(/^Remote port, mine/)
    expect(screen.getByText('1 still to choose.')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Save the choice' })).toBeDisabled()
    pick(/^Tags, theirs: empty/)
    press('Save the choice')
    await screen.findByText('db is decided.')
    expect(callsOf(daemon, 'cloud.resolve')).toEqual([
      { id: 'conflict-db', choice: { fields: { remoteHost: 'theirs', remotePort: 'mine', tags: 'theirs' } } },
    ])
    expect(screen.getByRole('heading', { name: 'To decide 3' })).toBeInTheDocument()
    expect(summary('web')).toHaveAttribute('aria-expanded', 'true')
  })

  it('is decided for one side as a whole and still changed before it is saved', async () => {
    const daemon = await openInbox()
    press('Theirs for all')
    pick(/^Tags, mine/)
    press('Save the choice')
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.resolve')).toEqual([
        { id: 'conflict-db', choice: { fields: { remoteHost: 'theirs', remotePort: 'theirs', tags: 'mine' } } },
      ])
    })
  })

  it('stays, with the reason, when it could not be decided', async () => {
    const daemon = await openInbox()
    daemon.failNext('cloud.resolve', makeFault({ code: 'cloud.changed-meanwhile', message: 'db was changed again.' }))
    press('Mine for all')
    press('Save the choice')
    await screen.findByText('db was changed again.')
    expect(screen.getByRole('form', { name: 'Decide about db' })).toBeInTheDocument()
  })

  it('never shows sealed text, only that it is a new one', async () => {
    await openInbox(undefined, 'conflict-queue-of-the-orders-service-in-frankfurt')
    expect(screen.getByRole('radio', { name: 'Password, mine: sealed, a new one' })).toBeInTheDocument()
    expect(screen.getByRole('radio', { name: 'Password, theirs: empty' })).toBeInTheDocument()
    expect(document.body.textContent).not.toContain('warren-sealed')
  })
})

describe('a forward that one side deleted', () => {
  it.each([
    ['Put it back in ops', 'mine'],
    ['Keep it on this machine only', 'local'],
    ['Delete it here too', 'theirs'],
  ])('there, is settled by “%s”', async (button, choice) => {
    const daemon = await openInbox(undefined, 'conflict-web')
    press(button)
    await screen.findByText('web is decided.')
    expect(callsOf(daemon, 'cloud.resolve')).toEqual([{ id: 'conflict-web', choice }])
  })

  it.each([
    ['Bring it back here', 'theirs'],
    ['Bring it back for this machine only', 'local'],
    ['Delete it in ops too', 'mine'],
  ])('here, is settled by “%s”', async (button, choice) => {
    const daemon = await openInbox(undefined, 'conflict-old-admin')
    press(button)
    await screen.findByText('old-admin is decided.')
    expect(callsOf(daemon, 'cloud.resolve')).toEqual([{ id: 'conflict-old-admin', choice }])
  })

  it('says what a deletion here would cut', async () => {
    const fields = makeFields('web')
    const conflict = makeConflict('web', {
      kind: 'deleted-there',
      fields: [],
      base: fields,
      mine: fields,
      theirs: null,
    })
    await openInbox({
      forwards: [makeForward('web', { state: 'running', connections: 2 })],
      cloud: { view: makeCloud({ state: 'conflict', conflicts: 1 }), conflicts: [conflict] },
    })
    expect(screen.getByText('2 connections would end if it is deleted here.')).toBeInTheDocument()
  })
})

describe('the inbox', () => {
  it('holds many, and opens one at a time', async () => {
    await openInbox({ cloud: { view: makeCloud({ state: 'conflict', conflicts: 12 }), conflicts: manyConflicts(12) } })
    const summaries = screen.getAllByRole('button', { expanded: false })
    expect(summaries).toHaveLength(11)
    fireEvent.click(summary('service-3'))
    expect(screen.getAllByRole('button', { expanded: true })).toHaveLength(1)
    expect(screen.getByRole('form', { name: 'Decide about service-3' })).toBeInTheDocument()
    fireEvent.click(summary('service-3'))
    expect(screen.queryByRole('form')).not.toBeInTheDocument()
  })

  it('that is empty says what would be in it', async () => {
    await openInbox({ cloud: cloudFrom('in-sync') })
    expect(screen.getByText(/^Nothing to decide/)).toBeInTheDocument()
  })

  it('names what the server refused, why, and leads to it', async () => {
    const fault = makeFault({ code: 'cloud.forbidden', message: 'Your role in ops is user; it may not change db.' })
    const view = { ...makeForward('db'), cloud: makeForwardCloud('db', { state: 'refused', fault }) }
    await openInbox({ forwards: [view], cloud: { view: makeCloud({ refused: 1 }) } })
    expect(screen.getByText(fault.message)).toBeInTheDocument()
    press('Edit db')
    expect(uiStore.getState()).toMatchObject({ screen: 'forwards', pane: { kind: 'editor', forwardId: 'forward-db' } })
  })
})
