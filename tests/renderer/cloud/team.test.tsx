import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { auditSentence } from '../../../src/renderer/src/screens/cloud/team/audit-words'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf } from '../_window'
import { cloudFrom, makeCloud, makeCloudAudit, manyMembers, OPS, sampleTeams, WEB } from '../harness/_cloud'
import { makeFault } from '../harness/_data'
import type { CloudOptions } from '../harness/_cloud'
import type { FakeDaemon } from '../harness/fake-api'
import { openCloud, take } from './_open'

async function openTeam(teamId = OPS, cloud: CloudOptions = cloudFrom('in-sync')): Promise<FakeDaemon> {
  const daemon = await openCloud({ cloud }, { kind: 'team', teamId })
  await screen.findByText('ada@example.net')
  return daemon
}
const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const row = (name: string): HTMLElement => screen.getByRole('row', { name: new RegExp(`^${name}`) })
const body = (): string => confirmStore.getState().question?.body ?? ''
const yes = (): void => {
  confirmStore.getState().question?.answer(true)
}

describe('the teams', () => {
  it('are listed with the role and with a key that is missing, and one is shown', async () => {
    await openTeam()
    const nav = within(screen.getByRole('navigation', { name: 'Cloud' }))
    expect(nav.getByRole('button', { name: /ops/ })).toHaveAttribute('aria-current', 'page')
    expect(nav.getByRole('button', { name: /web/ })).toHaveTextContent('User · needs key')
    fireEvent.click(nav.getByRole('button', { name: /web/ }))
    expect(screen.getByRole('heading', { name: 'web' })).toBeInTheDocument()
    expect(screen.getByText(/must give it to you/)).toBeInTheDocument()
  })

  it('are made by name and shown', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('new') })
    press('New team…')
    press('Make the team')
    expect(await screen.findByLabelText('Name')).toBeInvalid()
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: ' shop ' } })
    press('Make the team')
    await screen.findByRole('heading', { name: 'shop' })
    expect(callsOf(daemon, 'cloud.createTeam')).toEqual([{ name: 'shop' }])
  })

  it('are joined by a link; what is wrong with it is said', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('new') })
    daemon.failNext('cloud.joinTeam', makeFault({ code: 'cloud.not-found', message: 'The link was used already.' }))
    press('Join a team…')
    fireEvent.change(await screen.findByLabelText('Invitation link'), { target: { value: 'https://c/invite#t' } })
    press('Join')
    await screen.findByText('The link was used already.')
    press('Join')
    await screen.findByRole('heading', { name: 'joined' })
    expect(screen.getByText('Its forwards arrive stopped; you start what you need.')).toBeInTheDocument()
  })

  it('that went away leave the account on screen', async () => {
    const daemon = await openTeam()
    act(() => {
      daemon.emit('cloud.changed', { cloud: makeCloud({ teams: sampleTeams.slice(1) }), conflicts: [] })
    })
    expect(screen.getByRole('heading', { name: 'Account' })).toBeInTheDocument()
  })
})

describe('the members of a team', () => {
  it('show role, key and fingerprint, twenty of them', async () => {
    await openTeam(OPS, { ...cloudFrom('in-sync'), members: manyMembers(20) })
    expect(screen.getByRole('heading', { name: 'Members 20' })).toBeInTheDocument()
    expect(row('ada')).toHaveTextContent('81d0 4c4e 9a27 f3b6')
    expect(within(row('ada')).queryByRole('button')).not.toBeInTheDocument()
    expect(row('dimitri')).toHaveTextContent('Has no key yet')
    expect(row('carla')).toHaveTextContent('The key changed')
  })

  it('get another role by its owner, and nobody else offers it', async () => {
    const daemon = await openTeam()
    await take('Role of bob', /^User/)
    await screen.findByText('bob is now a user.')
    expect(callsOf(daemon, 'cloud.setRole')).toEqual([{ teamId: OPS, userId: 'user-bob', role: 'user' }])
    fireEvent.click(screen.getByRole('button', { name: /^web/ }))
    await screen.findByRole('heading', { name: 'web' })
    await screen.findByText('ada@example.net')
    expect(screen.queryByRole('combobox', { name: /^Role of/ })).not.toBeInTheDocument()
    expect(screen.queryByRole('button', { name: /^Remove/ })).not.toBeInTheDocument()
    expect(screen.queryByRole('heading', { name: 'Invitations' })).not.toBeInTheDocument()
    expect(screen.queryByText('Who changed what')).not.toBeInTheDocument()
  })

  it('are removed after what that means for the key was said', async () => {
    const daemon = await openTeam()
    press('Remove dimitri')
    expect(body()).not.toContain('new key')
    confirmStore.getState().question?.answer(false)
    press(/^Remove Eleonora/)
    expect(body()).toContain('a new key that they do not know')
    expect(body()).toContain('change those passwords')
    yes()
    await waitFor(() => {
      expect(screen.queryByRole('row', { name: /^Eleonora/ })).not.toBeInTheDocument()
    })
    expect(callsOf(daemon, 'cloud.removeMember')).toEqual([{ teamId: OPS, userId: 'user-eleonora-alexandrovna' }])
    expect(screen.getByRole('heading', { name: 'Members 4' })).toHaveFocus()
  })

  it('get the key only after the fingerprint was compared', async () => {
    const daemon = await openTeam()
    press('Give bob the key')
    const dialog = within(await screen.findByRole('dialog'))
    expect(dialog.getByText('c09f 2a51 e8d3 7764')).toBeInTheDocument()
    const give = dialog.getByRole('button', { name: 'Give the key' })
    expect(give).toBeDisabled()
    fireEvent.click(dialog.getByLabelText('bob reads the same to me'))
    fireEvent.click(give)
    await screen.findByText('bob opens the secrets of ops now.')
    expect(callsOf(daemon, 'cloud.grantKey')).toEqual([
      { teamId: OPS, userId: 'user-bob', fingerprint: 'c09f 2a51 e8d3 7764' },
    ])
    await waitFor(() => {
      expect(row('bob')).toHaveTextContent('Opens the secrets')
    })
  })

  it('whose key is another one are shown with a warning', async () => {
    await openTeam()
    expect(screen.getByText('1 member shows another key than before.')).toBeInTheDocument()
    press('Give carla the key')
    expect(within(await screen.findByRole('alertdialog')).getByRole('alert')).toHaveTextContent(
      'another key than this machine saw before',
    )
  })

  it('are not given a key by who has none', async () => {
    await openTeam(WEB)
    expect(screen.queryByRole('button', { name: /^Give/ })).not.toBeInTheDocument()
  })

  it('are asked for again when the cloud changed and when asked to', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('offline') }, { kind: 'team', teamId: OPS })
    await screen.findByText('cloud.example.net refused the connection.')
    press('Try again')
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.members')).toHaveLength(2)
    })
    expect(screen.getByText(/not known while the server does not answer/)).toBeInTheDocument()
  })
})

describe('an invitation into a team', () => {
  it('is made for a role and some days, shown once, copied and withdrawn', async () => {
    const daemon = await openTeam()
    expect(await screen.findAllByRole('button', { name: /^Withdraw the link/ })).toHaveLength(2)
    await take('As', /^User/)
    await take('Works for', '1 day')
    press('Make a link')
    const link = await screen.findByText(/invite#q7Jm0Vb1/)
    expect(callsOf(daemon, 'cloud.invite')).toEqual([{ teamId: OPS, role: 'user', days: 1 }])
    press('Copy')
    await waitFor(() => {
      expect(callsOf(daemon, 'app.copy')).toEqual([link.textContent])
    })
    const made = await waitFor(() => {
      const buttons = screen.getAllByRole('button', { name: /^Withdraw the link/ })
      expect(buttons).toHaveLength(3)
      return buttons[2]
    })
    if (made !== undefined) fireEvent.click(made)
    await waitFor(() => {
      expect(screen.queryByText(/invite#q7Jm0Vb1/)).not.toBeInTheDocument()
    })
    expect(callsOf(daemon, 'cloud.withdraw')).toEqual([{ teamId: OPS, invitationId: 'invite-9' }])
  })
})

describe('the audit of a team', () => {
  it('is asked for when it is looked at, a page at a time, in words', async () => {
    const daemon = await openTeam(OPS, { ...cloudFrom('in-sync'), audit: makeCloudAudit(60) })
    expect(callsOf(daemon, 'cloud.audit')).toEqual([])
    fireEvent.click(screen.getByText('Who changed what'))
    const table = within(await screen.findByRole('region', { name: 'Who changed what' }))
    expect(table.getAllByRole('row')).toHaveLength(51)
    expect(table.getAllByText('changed db: target host and tags')[0]).toBeInTheDocument()
    press('Show older')
    await waitFor(() => {
      expect(table.getAllByRole('row')).toHaveLength(61)
    })
  })

  it('says what it knows, and what it does not know as it is', () => {
    expect(auditSentence({ action: 'member.role', subject: 'bob@x', detail: 'owner' })).toBe('made bob@x an owner')
    expect(auditSentence({ action: 'member.invite', subject: 'user', detail: 'id' })).toBe('made a link for a user')
    expect(auditSentence({ action: 'forward.change', subject: 'db', detail: 'colour, name' })).toBe(
      'changed db: colour, name',
    )
    const two = 'db (6f9619ff-8b86-4d01-b42d-00cf4fc964ff), web (1) (7f9619ff-8b86-4d01-b42d-00cf4fc964ff)'
    expect(auditSentence({ action: 'forward.sync', subject: '2 port forwards', detail: two })).toBe(
      'synced 2 forwards: db, web (1)',
    )
    expect(auditSentence({ action: 'forward.sync', subject: '9 port forwards', detail: '' })).toBe('synced 9 forwards')
    expect(auditSentence({ action: 'moon.landing', subject: 'eagle', detail: '' })).toBe('moon.landing eagle')
  })
})

describe('the end of a team', () => {
  it.each([
    ['Leave the team…', 'cloud.leaveTeam', 'stop and go from this machine'],
    ['Dissolve the team…', 'cloud.dissolveTeam', 'cannot be undone'],
  ])('%s comes after a question', async (button, method, words) => {
    const daemon = await openTeam()
    press(button)
    expect(body()).toContain(words)
    yes()
    await waitFor(() => {
      expect(callsOf(daemon, method)).toEqual([{ teamId: OPS }])
    })
    await screen.findByRole('heading', { name: 'Account' })
    expect(uiStore.getState().cloudPage).toEqual({ kind: 'account' })
  })

  it('is not offered to who does not own it', async () => {
    await openTeam(WEB)
    expect(screen.getByRole('button', { name: 'Leave the team…' })).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Dissolve the team…' })).not.toBeInTheDocument()
  })
})
