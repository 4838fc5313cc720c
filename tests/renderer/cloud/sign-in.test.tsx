import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { uiStore } from '../../../src/renderer/src/stores/ui'
import { callsOf } from '../_window'
import { cloudFrom, loginRefused } from '../harness/_cloud'
import { makeFault, makeForward } from '../harness/_data'
import { openCloud, take } from './_open'

const type = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
}
const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const choose = (name: string): void => {
  fireEvent.click(screen.getByRole('radio', { name }))
}
function typeLogin(): void {
  type('Server address', 'cloud.example.net')
  type('E-mail', ' ada@example.net ')
  type('Password', 'lovelace')
}

describe('signing in', () => {
  it('asks for the account, keeps the login in the keychain, and shares nothing by itself', async () => {
    const daemon = await openCloud({ forwards: [makeForward('db')] })
    typeLogin()
    press('Sign in')
    await screen.findByText('In sync')
    expect(callsOf(daemon, 'cloud.login')).toEqual([
      {
        ...{ url: 'https://cloud.example.net', email: 'ada@example.net', password: 'lovelace' },
        ...{ keep: 'keychain', insecure: false, adopt: false },
      },
    ])
  })

  it('puts the forwards of this machine into the account only when that is said', async () => {
    const daemon = await openCloud({
      forwards: [makeForward('db'), makeForward('web'), makeForward('theirs', { spec: { configLine: 'L 1 h:2' } })],
    })
    typeLogin()
    fireEvent.click(screen.getByLabelText('Put the 2 forwards of this machine into the account'))
    press('Sign in')
    await screen.findByText('The forwards of this machine go into the account.')
    expect(callsOf(daemon, 'cloud.login')).toMatchObject([{ adopt: true }])
  })

  it('sends nothing while something is missing', async () => {
    const daemon = await openCloud()
    press('Sign in')
    expect(screen.getByLabelText('Server address')).toHaveAccessibleDescription(/address of the server/)
    expect(screen.getByLabelText('E-mail')).toBeInvalid()
    expect(screen.getByLabelText('Password')).toBeInvalid()
    expect(callsOf(daemon, 'cloud.login')).toEqual([])
  })

  it('sends a password in clear only after a word', async () => {
    const daemon = await openCloud()
    typeLogin()
    type('Server address', 'http://cloud.example.net')
    press('Sign in')
    expect(screen.getByRole('group', { name: 'Not encrypted' })).toHaveTextContent('Confirm it')
    expect(callsOf(daemon, 'cloud.login')).toEqual([])
    fireEvent.click(screen.getByLabelText('Send them unencrypted'))
    press('Sign in')
    await screen.findByText('In sync')
    expect(callsOf(daemon, 'cloud.login')).toMatchObject([{ url: 'http://cloud.example.net', insecure: true }])
  })

  it('says why it was refused, with the code, and keeps what was typed', async () => {
    const daemon = await openCloud()
    daemon.failNext('cloud.login', loginRefused)
    typeLogin()
    press('Sign in')
    await screen.findByText('cloud.example.net refused the e-mail address or the password.')
    expect(screen.getByText(/ten wrong tries/)).toBeInTheDocument()
    expect(screen.getByText(/cloud\.login-refused/)).toBeInTheDocument()
    expect(screen.getByLabelText('Password')).toHaveValue('lovelace')
  })

  it('has the person choose where the login is kept when there is no keyring', async () => {
    const daemon = await openCloud({ hello: { keyring: { available: false, backend: 'basic_text' } } })
    typeLogin()
    press('Sign in')
    expect(callsOf(daemon, 'cloud.login')).toEqual([])
    expect(screen.getByText(/keyring of this desktop cannot be used, so you decide/)).toBeInTheDocument()
    fireEvent.click(screen.getByRole('combobox', { name: 'Keep the login' }))
    await screen.findByRole('option', { name: 'In a file' })
    expect(screen.getAllByRole('option')).toHaveLength(2)
    fireEvent.click(screen.getByRole('combobox', { name: 'Keep the login' }))
    await take('Keep the login', 'In a file')
    await screen.findByText(/Programs that you run could read it/)
    press('Sign in')
    await waitFor(() => {
      expect(callsOf(daemon, 'cloud.login')).toMatchObject([{ keep: 'file' }])
    })
  })

  it('does the same when only the daemon finds that there is none', async () => {
    const daemon = await openCloud()
    const none = makeFault({ code: 'secret.no-keyring', message: 'This desktop has no keyring.' })
    daemon.failNext('cloud.login', none)
    typeLogin()
    press('Sign in')
    await screen.findByText(/Choose where else the login is kept/)
    expect(screen.getByRole('combobox', { name: 'Keep the login' })).toHaveTextContent('Choose')
  })
})

describe('an invitation', () => {
  const link = 'https://cloud.example.net/invite#q7Jm0Vb1'

  it('makes an account and shows the team', async () => {
    const daemon = await openCloud()
    choose('I have an invitation')
    type('Invitation link', link)
    type('Your name', 'Ada')
    type('E-mail', 'ada@example.net')
    type('Password', 'lovelace')
    press('Make the account')
    await screen.findByRole('heading', { name: 'ops' })
    expect(callsOf(daemon, 'cloud.register')).toEqual([
      {
        ...{ url: link, email: 'ada@example.net', username: 'Ada', password: 'lovelace' },
        ...{ keep: 'keychain', insecure: false, adopt: false },
      },
    ])
  })

  it('says where accounts are made otherwise, beside no field of the form', async () => {
    const daemon = await openCloud()
    const fix = 'Ask whoever runs the server to make the account there.'
    const message = 'cloud.example.net makes no new accounts.'
    daemon.failNext('cloud.register', makeFault({ code: 'cloud.no-new-accounts', message, fix, remedy: null }))
    choose('I have an invitation')
    type('Invitation link', link)
    type('Your name', 'Ada')
    type('E-mail', 'ada@example.net')
    type('Password', 'lovelace')
    press('Make the account')
    await screen.findByText('The cloud server makes no new accounts')
    expect(screen.getByText(fix)).toBeInTheDocument()
    expect(screen.getByLabelText('Invitation link')).not.toHaveAttribute('aria-invalid', 'true')
  })

  it('is joined by who has an account there', async () => {
    const daemon = await openCloud()
    choose('I have an invitation')
    choose('I have an account there')
    expect(screen.queryByLabelText('Your name')).not.toBeInTheDocument()
    type('Invitation link', link)
    type('E-mail', 'ada@example.net')
    type('Password', 'lovelace')
    press('Sign in and join')
    await screen.findByRole('heading', { name: 'joined' })
    expect(callsOf(daemon, 'cloud.login')).toMatchObject([{ url: 'https://cloud.example.net' }])
    expect(callsOf(daemon, 'cloud.joinTeam')).toEqual([{ link }])
  })

  it('that is no link is not sent', async () => {
    const daemon = await openCloud()
    choose('I have an invitation')
    type('Invitation link', 'q7Jm0Vb1')
    press('Make the account')
    expect(screen.getByLabelText('Invitation link')).toHaveAccessibleDescription(/Paste the whole link/)
    expect(callsOf(daemon, 'cloud.register')).toEqual([])
  })
})

describe('a login that the server no longer takes', () => {
  it('is given again with the password alone', async () => {
    const daemon = await openCloud({ cloud: cloudFrom('login-needed') })
    expect(screen.getByText(/no longer accepts the login/)).toBeInTheDocument()
    expect(screen.getByText(/2 changes wait here and are sent then/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Sync now' })).not.toBeInTheDocument()
    type('Password', 'lovelace')
    press('Sign in')
    await screen.findByText('In sync')
    expect(callsOf(daemon, 'cloud.login')).toMatchObject([
      { url: 'https://cloud.example.net', email: 'ada@example.net', keep: 'keychain', adopt: false },
    ])
    expect(uiStore.getState().screen).toBe('cloud')
  })
})
