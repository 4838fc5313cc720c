import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { confirmStore } from '../../../src/renderer/src/components/confirm'
import { exampleCall } from '../../../src/renderer/src/screens/settings/api-words'
import { makeKey, readApiForm, apiFormOf } from '../../../src/renderer/src/screens/settings/api-form'
import { ApisSection } from '../../../src/renderer/src/screens/settings/apis-section'
import { callsOf, openWindow } from '../_window'
import { apisFrom, makeApi, makeAudit, type ApisOptions } from '../harness/_apis'
import { makeFault } from '../harness/_data'
import type { FakeDaemon } from '../harness/fake-api'

async function openApis(apis: ApisOptions = {}): Promise<FakeDaemon> {
  const daemon = openWindow({ apis })
  render(<ApisSection />)
  await screen.findByRole('switch', { name: 'X Port Forward' })
  return daemon
}
const xApi = (): HTMLElement => screen.getByRole('region', { name: 'X Port Forward' })
const turnOn = (name: string): void => {
  fireEvent.click(screen.getByRole('switch', { name }))
}
/** What was asked for is answered: that it is told as running may come before, and until then nothing else can be asked for. */
async function answered(name: string): Promise<void> {
  await waitFor(() => {
    expect(screen.getByRole('switch', { name })).toBeEnabled()
  })
}

describe('a control API', () => {
  it('that has no key asks for one before it is turned on', async () => {
    const daemon = await openApis()
    turnOn('X Port Forward')
    const key = screen.getByLabelText('Auth key')
    expect(key).toHaveAccessibleDescription(/without one nothing may call/)
    expect(callsOf(daemon, 'apis.enable')).toEqual([])
    fireEvent.change(key, { target: { value: 'XPORTFORWARD' } })
    fireEvent.click(screen.getByRole('button', { name: 'Save and turn on' }))
    await within(xApi()).findByText('● running')
    expect(callsOf(daemon, 'apis.enable')).toEqual([
      { name: 'x-port-forward', listen: { host: '127.0.0.1', port: 2333 }, tls: null, key: 'XPORTFORWARD' },
    ])
    await answered('X Port Forward')
    expect(screen.queryByDisplayValue('XPORTFORWARD')).not.toBeInTheDocument()
    expect(xApi()).toHaveTextContent('at http://127.0.0.1:2333, a key is set')
  })

  it('makes a key, puts it on the clipboard, and never shows it', async () => {
    const daemon = await openApis()
    fireEvent.click(screen.getByRole('button', { name: 'Settings of X Port Forward' }))
    fireEvent.click(within(xApi()).getByRole('button', { name: 'Make one' }))
    const key = screen.getByLabelText<HTMLInputElement>('Auth key')
    await waitFor(() => {
      expect(callsOf(daemon, 'app.copy')).toEqual([key.value])
    })
    expect(key.type).toBe('password')
    expect(key.value).toHaveLength(32)
    expect(makeKey()).not.toBe(key.value)
  })

  it('whose settings are right already is turned on and off at once', async () => {
    const daemon = await openApis()
    turnOn('Metrics')
    await screen.findByText('● running')
    expect(screen.getByText(/anyone there may read/)).toBeInTheDocument()
    await answered('Metrics')
    turnOn('Metrics')
    await waitFor(() => {
      expect(screen.queryByText('● running')).not.toBeInTheDocument()
    })
    expect(callsOf(daemon, 'apis.enable')).toEqual([{ name: 'metrics' }])
    expect(callsOf(daemon, 'apis.disable')).toEqual([{ name: 'metrics' }])
  })

  it('is opened to the network only after a question, once', async () => {
    const daemon = await openApis({ apis: [makeApi('x-port-forward', { hasKey: true }), makeApi('metrics')] })
    fireEvent.click(screen.getByRole('button', { name: 'Settings of X Port Forward' }))
    fireEvent.change(screen.getByLabelText('Address'), { target: { value: '0.0.0.0' } })
    const save = screen.getByRole('button', { name: 'Save and turn on' })
    fireEvent.click(save)
    expect(confirmStore.getState().question?.body).toContain('Without HTTPS')
    confirmStore.getState().question?.answer(false)
    fireEvent.click(save)
    confirmStore.getState().question?.answer(true)
    await within(xApi()).findByText('reachable from the network')
    expect(callsOf(daemon, 'apis.enable')).toHaveLength(1)
    await answered('X Port Forward')
    fireEvent.click(screen.getByRole('button', { name: 'Settings of X Port Forward' }))
    fireEvent.change(screen.getByLabelText('Port'), { target: { value: '2444' } })
    fireEvent.click(within(screen.getByRole('form', { name: /^Settings of X/ })).getByRole('button', { name: 'Save' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'apis.enable')).toHaveLength(2)
    })
  })

  it('that cannot run says why, and tries again', async () => {
    const daemon = await openApis(apisFrom('failed'))
    expect(within(xApi()).getByText(/held by x-port-forward, pid 812/)).toBeInTheDocument()
    fireEvent.click(within(xApi()).getByRole('button', { name: 'Try again' }))
    await within(xApi()).findByText('● running')
    expect(callsOf(daemon, 'apis.enable')).toEqual([{ name: 'x-port-forward' }])
  })

  it('shows a refusal at the field that is to blame', async () => {
    const daemon = await openApis(apisFrom('on'))
    const fault = makeFault({ code: 'api.certificate', message: 'That is not a PEM file.', field: 'tls.keyFile' })
    daemon.failNext('apis.enable', fault)
    fireEvent.click(screen.getByRole('button', { name: 'Settings of X Port Forward' }))
    fireEvent.change(screen.getByLabelText('Key of the certificate'), { target: { value: '/etc/hosts' } })
    fireEvent.click(within(screen.getByRole('form', { name: /^Settings of X/ })).getByRole('button', { name: 'Save' }))
    await waitFor(() => {
      expect(screen.getByLabelText('Key of the certificate')).toHaveAccessibleDescription('That is not a PEM file.')
    })
  })

  it('takes its certificate from a file that is chosen', async () => {
    await openApis(apisFrom('on'))
    fireEvent.click(screen.getByRole('button', { name: 'Settings of X Port Forward' }))
    fireEvent.click(screen.getByRole('button', { name: 'Choose: Certificate' }))
    await waitFor(() => {
      expect(screen.getByLabelText('Certificate')).toHaveValue('/etc/ssl/chosen.pem')
    })
  })
})

describe('the form of a control API', () => {
  it('refuses what cannot be', () => {
    const api = makeApi('x-port-forward')
    const form = { ...apiFormOf(api), host: '/run/x', port: '70000', https: true }
    expect(Object.keys(readApiForm(form, api).errors).sort()).toEqual([
      ...['certificateFile', 'host', 'key', 'keyFile', 'port'],
    ])
  })

  it('keeps the key that is set unless another is typed or it is removed', () => {
    const api = makeApi('metrics', { hasKey: true })
    expect(readApiForm(apiFormOf(api), api).enable).not.toHaveProperty('key')
    expect(readApiForm({ ...apiFormOf(api), key: 'new' }, api).enable.key).toBe('new')
    expect(readApiForm({ ...apiFormOf(api), dropKey: true }, api).enable.key).toBeNull()
  })
})

describe('an example call', () => {
  it('goes to an address that a program here reaches, and carries no key', () => {
    const open = { listen: { host: '::', port: 2333 }, tls: null, hasKey: true }
    expect(exampleCall({ name: 'x-port-forward', ...open })).toContain(
      'curl "http://[::1]:2333/?sign=$SIGN&action=server_info"',
    )
    expect(exampleCall({ name: 'metrics', ...open })).toBe(
      "curl -H 'Authorization: Bearer your-token' http://[::1]:2333/metrics",
    )
    expect(exampleCall({ name: 'metrics', ...open, hasKey: false })).toBe('curl http://[::1]:2333/metrics')
  })
})

describe('the traffic report', () => {
  it('is set, shows where it stands, and goes out at once when asked', async () => {
    const daemon = await openApis(apisFrom('on'))
    const form = within(screen.getByRole('form', { name: 'Traffic report' }))
    expect(form.getByText(/7 rows wait, the last was taken 9 m ago/)).toBeInTheDocument()
    fireEvent.click(form.getByRole('button', { name: 'Report now' }))
    await form.findByText(/0 rows wait/)
    await waitFor(() => {
      expect(form.getByRole('button', { name: 'Report now' })).toBeEnabled()
    })
    fireEvent.change(form.getByLabelText('Every, minutes'), { target: { value: '0,5' } })
    fireEvent.change(form.getByLabelText('Post it to'), { target: { value: 'panel.example.net' } })
    fireEvent.click(form.getByRole('button', { name: 'Save' }))
    expect(form.getByLabelText('Post it to')).toHaveAccessibleDescription(/begins with http/)
    fireEvent.change(form.getByLabelText('Post it to'), { target: { value: 'http://panel.example.net' } })
    fireEvent.click(form.getByRole('button', { name: 'Save' }))
    await waitFor(() => {
      expect(callsOf(daemon, 'apis.setReport')).toEqual([{ url: 'http://panel.example.net', intervalSeconds: 30 }])
    })
  })

  it('says why the last one was not taken', async () => {
    await openApis(apisFrom('failed'))
    expect(screen.getByText('panel.example.net answered 500.')).toBeInTheDocument()
    expect(screen.getByText(/112 rows wait, none was taken yet/)).toBeInTheDocument()
  })
})

describe('the calls', () => {
  it('are asked for when they are looked at, a page at a time', async () => {
    const daemon = await openApis({ audit: makeAudit(60) })
    expect(callsOf(daemon, 'apis.audit')).toEqual([])
    fireEvent.click(screen.getByText('Calls'))
    await screen.findAllByText('200/27 Forward Found')
    expect(screen.getAllByRole('row')).toHaveLength(51)
    fireEvent.click(screen.getByRole('button', { name: 'Show older' }))
    await waitFor(() => {
      expect(screen.getAllByRole('row')).toHaveLength(61)
    })
  })
})
