import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { callsOf } from '../_window'
import { cloudFrom, makeCloud, offlineFault, RECOVERY_CODE } from '../harness/_cloud'
import { makeFault } from '../harness/_data'
import { openCloud, take } from './_open'

const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const question = (): string => confirmStore.getState().question?.body ?? ''

describe('the account', () => {
  it('says who is signed in where, where the login rests, and how changes come', async () => {
    await openCloud({ cloud: cloudFrom('in-sync') })
    expect(screen.getByText('ada, ada@example.net')).toBeInTheDocument()
    expect(screen.getByText('https://cloud.example.net')).toBeInTheDocument()
    expect(screen.getByText('in the keychain of this desktop')).toBeInTheDocument()
    expect(screen.getByText(/come at once/)).toBeInTheDocument()
  })

  it('says of a basic server that it is asked, how often, and that it gets no secrets', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('bare') })
    expect(screen.getByText(/come within 30 s/)).toBeInTheDocument()
    expect(screen.getByText(/no secret is sent there/)).toBeInTheDocument()
    expect(screen.getByText(/keeps no sealed secrets/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Make the key' })).not.toBeInTheDocument()
    await take('Ask the server every', '5 m')
    await screen.findByText(/come within 5 m/)
    expect(callsOf(daemon, 'cloud.setPolling')).toEqual([{ seconds: 300 }])
  })

  it('says since when it is offline, why, and what waits; and tries at once', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('offline') })
    expect(screen.getByText(/^Offline since/)).toBeInTheDocument()
    expect(screen.getByText(/7 changes of this machine wait to be sent.*Next try in/)).toBeInTheDocument()
    expect(screen.getByText(offlineFault.message)).toBeInTheDocument()
    expect(screen.queryByText(/come at once/)).not.toBeInTheDocument()
    expect(screen.queryByText(/does not tell of changes/)).not.toBeInTheDocument()
    press('Try now')
    await screen.findByText('In sync')
    expect(callsOf(daemon, 'cloud.sync')).toHaveLength(1)
  })

  it('shows why a round could not be', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('waiting') })
    daemon.failNext('cloud.sync', makeFault({ code: 'cloud.busy', message: 'The server wants fewer requests.' }))
    press('Sync now')
    await screen.findByText('The server wants fewer requests.')
  })

  it('changes the password when the new one was typed twice the same', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('in-sync') })
    press('Change the password…')
    fireEvent.change(await screen.findByLabelText('Current password'), { target: { value: 'lovelace' } })
    fireEvent.change(screen.getByLabelText('New password'), { target: { value: 'difference' } })
    fireEvent.change(screen.getByLabelText('New password again'), { target: { value: 'differense' } })
    press('Change it')
    expect(screen.getByLabelText('New password again')).toHaveAccessibleDescription('It is not the same.')
    expect(callsOf(daemon, 'cloud.changePassword')).toEqual([])
    fireEvent.change(screen.getByLabelText('New password again'), { target: { value: 'difference' } })
    press('Change it')
    await screen.findByText(/Your other machines must sign in again\.$/)
    expect(callsOf(daemon, 'cloud.changePassword')).toEqual([{ oldPassword: 'lovelace', newPassword: 'difference' }])
  })

  it('is left only after what that costs was said', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('waiting') })
    press('Sign out')
    expect(question()).toContain('3 changes of this machine were not sent yet')
    expect(question()).toContain('you need the recovery code')
    confirmStore.getState().question?.answer(false)
    expect(callsOf(daemon, 'cloud.logout')).toEqual([])
    press('Sign out')
    confirmStore.getState().question?.answer(true)
    await screen.findByLabelText('Server address')
    expect(screen.getByText(/Your forwards stay on this machine/)).toBeInTheDocument()
  })

  it('is left at once when that costs nothing', async () => {
    const daemon = await openCloud({ cloud: { view: makeCloud({ key: 'none' }) } })
    press('Sign out')
    await screen.findByLabelText('Server address')
    expect(callsOf(daemon, 'cloud.logout')).toHaveLength(1)
  })
})

describe('the key for secrets', () => {
  it('is made with a code that is shown once, until it is kept', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('new') })
    press('Make the key')
    await screen.findByText(RECOVERY_CODE)
    expect(screen.getByRole('button', { name: 'Done' })).toBeDisabled()
    fireEvent.keyDown(screen.getByRole('dialog'), { key: 'Escape' })
    expect(await screen.findByRole('alert')).toHaveTextContent('Keep the code first')
    press('Copy')
    await waitFor(() => {
      expect(callsOf(daemon, 'app.copy')).toEqual([RECOVERY_CODE])
    })
    fireEvent.click(screen.getByLabelText('I have kept it where I find it again'))
    press('Done')
    await waitFor(() => {
      expect(screen.queryByText(RECOVERY_CODE)).not.toBeInTheDocument()
    })
  })

  it('is not offered before the server said whether there is one', async () => {
    await openCloud({ cloud: { view: makeCloud({ state: 'starting', lastSyncAt: null, key: 'none' }) } })
    expect(screen.getByText(/is known when the server answers/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Make the key' })).not.toBeInTheDocument()
  })

  it('is unlocked with the code; a wrong one is said', async () => {
    const daemon = await openCloud({ cloud: { view: makeCloud({ key: 'locked' }) } })
    const wrong = makeFault({ code: 'cloud.recovery-code', message: 'That is not the recovery code of this account.' })
    daemon.failNext('cloud.unlock', wrong)
    press('Unlock')
    expect(callsOf(daemon, 'cloud.unlock')).toEqual([])
    fireEvent.change(screen.getByLabelText('Recovery code'), { target: { value: ` ${RECOVERY_CODE} ` } })
    press('Unlock')
    await screen.findByText('That is not the recovery code of this account.')
    press('Unlock')
    await screen.findByText(/^Unlocked/)
    expect(callsOf(daemon, 'cloud.unlock')).toEqual([{ recoveryCode: RECOVERY_CODE }, { recoveryCode: RECOVERY_CODE }])
  })

  it('is made anew only after what is lost was said', async () => {
    const daemon = await openCloud({ cloud: { view: makeCloud({ key: 'locked' }) } })
    press('I lost the recovery code…')
    expect(question()).toContain('are lost and must be typed again')
    expect(question()).toContain('must give it to you anew')
    confirmStore.getState().question?.answer(false)
    expect(callsOf(daemon, 'cloud.resetKey')).toEqual([])
    press('I lost the recovery code…')
    confirmStore.getState().question?.answer(true)
    await screen.findByText(RECOVERY_CODE)
  })
})
