import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { NeedsHost } from '../../../src/renderer/src/needs/needs-host'
import { showNeed } from '../../../src/renderer/src/stores/needs'
import { callsOf, openConnectedWindow } from '../_window'
import type { FakeDaemon, FakeOptions } from '../harness/fake-api'
import { makeFault, makeForward } from '../harness/_data'
import { makeNeed } from '../harness/_needs'

async function openNeeds(options: FakeOptions): Promise<FakeDaemon> {
  const daemon = await openConnectedWindow({ forwards: [makeForward('admin', { state: 'needs-you' })], ...options })
  render(<NeedsHost />)
  return daemon
}
const noKeyring = { keyring: { available: false, backend: 'basic_text' } }
const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}
const answers = (daemon: FakeDaemon): readonly unknown[] => callsOf(daemon, 'app.answerNeed')

describe('a new host key', () => {
  it('shows who asks, the key in groups, and has the focus on Cancel', async () => {
    await openNeeds({ needs: [makeNeed('host-key')] })
    expect(screen.getByRole('dialog', { name: 'Is this bastion?' })).toBeInTheDocument()
    expect(screen.getByText(/SHA256: uNiV ztks CsDh/)).toBeInTheDocument()
    expect(screen.getByText('ssh-ed25519')).toBeInTheDocument()
    expect(screen.getByText('Waiting: admin.')).toBeInTheDocument()
    await waitFor(() => {
      expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus()
    })
  })

  it.each([
    ['Trust and connect', 'trust'],
    ['Just once', 'once'],
    ['Cancel', 'reject'],
  ])('answers %s with %s', async (name, decision) => {
    const daemon = await openNeeds({ needs: [makeNeed('host-key')] })
    press(name)
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
    })
    expect(answers(daemon)).toEqual([{ id: 'need-host-key', answer: { kind: 'host-key', decision }, save: false }])
  })

  it('tells where the key would be kept, and whom it is known as', async () => {
    const recordedAs = '[bastion.example.net]:2222'
    await openNeeds({ needs: [makeNeed('host-key', { port: 2222, recordedAs, knownAs: ['old.example.net'] })] })
    expect(screen.getByText('[bastion.example.net]:2222')).toBeInTheDocument()
    expect(screen.getByText('You trust the same key for old.example.net.')).toBeInTheDocument()
  })
})

describe('known_hosts', () => {
  it('is written only with the tick, and only with trust', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('host-key')] })
    fireEvent.click(screen.getByLabelText('Also write to known_hosts'))
    press('Trust and connect')
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ answer: { kind: 'host-key', decision: 'trust', knownHosts: true } }])
    })
  })

  it('is not offered when the ssh config names no file, and a useless certificate is explained', async () => {
    const certificate = 'Its certificate expired on 2020-02-01 00:00 UTC.'
    await openNeeds({ needs: [makeNeed('host-key', { knownHostsFile: null, certificate })] })
    expect(screen.queryByLabelText('Also write to known_hosts')).not.toBeInTheDocument()
    expect(screen.getByText(certificate)).toBeInTheDocument()
  })
})

describe('a new key that the server announces', () => {
  it.each([
    ['Trust the new key', 'trust'],
    ['Ignore', 'ignore'],
  ])('answers %s with %s', async (name, decision) => {
    const daemon = await openNeeds({ needs: [makeNeed('host-key-rotation')] })
    expect(screen.getByRole('dialog', { name: 'bastion announces a new key' })).toBeInTheDocument()
    expect(screen.getByRole('region', { name: 'New' })).toHaveTextContent('SHA256:')
    press(name)
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ answer: { kind: 'host-key-rotation', decision } }])
    })
  })
})

describe('a password', () => {
  it('is sent, and saved when that was asked for', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('password', { refused: false })] })
    fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'open sesame' } })
    fireEvent.click(screen.getByLabelText('Save the password'))
    press('Log in')
    await waitFor(() => {
      expect(answers(daemon)).toEqual([
        { id: 'need-password', answer: { kind: 'password', password: 'open sesame' }, save: true },
      ])
    })
  })

  it('says that the one before was refused', async () => {
    await openNeeds({ needs: [makeNeed('password')] })
    expect(screen.getByLabelText('Password')).toHaveAccessibleDescription('bastion refused the password before.')
  })

  it('is kept without a keyring only after the person said so', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('password')], hello: noKeyring })
    fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'x' } })
    fireEvent.click(screen.getByLabelText('Save the password'))
    expect(screen.getByText(/This desktop has no keyring/)).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Log in' })).toBeDisabled()
    press('Keep it in a file')
    await waitFor(() => {
      expect(callsOf(daemon, 'app.settings')).toEqual([{ secretsWithoutKeyring: 'allow' }])
    })
    press('Log in')
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ save: true }])
    })
  })

  it('is not saved where the person said never', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('password')], hello: noKeyring })
    fireEvent.click(screen.getByLabelText('Save the password'))
    press('Do not save')
    expect(screen.queryByLabelText('Save the password')).not.toBeInTheDocument()
    press('Log in')
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ save: false }])
    })
  })

  it('keeps the dialog and says what went wrong when the answer does not arrive', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('password')] })
    daemon.failNext(
      'app.answerNeed',
      makeFault({ code: 'daemon.unreachable', message: 'The daemon is away.', fix: null }),
    )
    press('Log in')
    expect(await screen.findByRole('alert')).toHaveTextContent('The daemon is away.')
    expect(screen.getByRole('dialog')).toBeInTheDocument()
  })
})

describe('a passphrase', () => {
  it('names the key file', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('passphrase', { refused: true })] })
    expect(screen.getByText('/home/me/.ssh/id_work')).toBeInTheDocument()
    fireEvent.change(screen.getByLabelText('Passphrase'), { target: { value: 'moss' } })
    press('Unlock')
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ answer: { kind: 'passphrase', passphrase: 'moss' } }])
    })
  })
})

describe('the server’s own questions', () => {
  it('are shown in its words, echoed only where it says so, and answered in order', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('keyboard-interactive')] })
    expect(screen.getByText(/Enter the code from your device/)).toBeInTheDocument()
    const code = screen.getByLabelText('Verification code')
    const second = screen.getByLabelText('Second password')
    expect(code).toHaveAttribute('type', 'text')
    expect(second).toHaveAttribute('type', 'password')
    fireEvent.change(code, { target: { value: '123456' } })
    fireEvent.change(second, { target: { value: 'moss' } })
    press('Answer')
    await waitFor(() => {
      expect(answers(daemon)).toMatchObject([{ answer: { kind: 'keyboard-interactive', answers: ['123456', 'moss'] } }])
    })
  })

  it('begin empty in the next round', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('keyboard-interactive')] })
    fireEvent.change(screen.getByLabelText('Verification code'), { target: { value: '123456' } })
    const next = makeNeed('keyboard-interactive', { id: 'round-2' })
    act(() => {
      daemon.emit('needs.changed', { needs: [next] })
    })
    expect(screen.getByLabelText('Verification code')).toHaveValue('')
  })
})

describe('several questions', () => {
  const first = makeNeed('password', { id: 'first', server: 'one', raisedAt: '2026-01-01T00:00:00.000Z' })
  const second = makeNeed('password', { id: 'second', server: 'two', raisedAt: '2026-01-01T00:00:01.000Z' })

  it('come one after another, the oldest first', async () => {
    await openNeeds({ needs: [second, first] })
    expect(screen.getByRole('dialog', { name: 'Password for one' })).toBeInTheDocument()
    expect(screen.getByText('1 more question after this.')).toBeInTheDocument()
    press('Cancel')
    expect(await screen.findByRole('dialog', { name: 'Password for two' })).toBeInTheDocument()
  })

  it('go away by themselves when they are settled elsewhere', async () => {
    const daemon = await openNeeds({ needs: [first] })
    act(() => {
      daemon.emit('needs.changed', { needs: [] })
    })
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  })

  it('stay away when put off, until a row asks for them', async () => {
    const daemon = await openNeeds({ needs: [first] })
    press('Later')
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
    expect(answers(daemon)).toEqual([])
    act(() => {
      showNeed('first')
    })
    expect(screen.getByRole('dialog', { name: 'Password for one' })).toBeInTheDocument()
  })

  it('take an answer that came too late for settled', async () => {
    const daemon = await openNeeds({ needs: [first] })
    daemon.failNext('app.answerNeed', makeFault({ code: 'need.gone', message: 'It was settled.' }))
    press('Log in')
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
    })
  })
})

describe('a key that waits for a touch', () => {
  it('says so, and can only be cancelled', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('touch-key')] })
    expect(screen.getByRole('dialog', { name: 'Touch your key now' })).toBeInTheDocument()
    expect(screen.getByText('me@laptop')).toBeInTheDocument()
    press('Cancel')
    await waitFor(() => {
      expect(answers(daemon)).toEqual([{ id: 'need-touch-key', answer: { kind: 'cancel' }, save: false }])
    })
  })

  it('goes away by itself when the key has signed', async () => {
    const daemon = await openNeeds({ needs: [makeNeed('touch-key', { reason: 'confirm' })] })
    expect(screen.getByRole('dialog', { name: 'Confirm in the window of your SSH agent' })).toBeInTheDocument()
    act(() => {
      daemon.emit('needs.changed', { needs: [] })
    })
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  })
})
