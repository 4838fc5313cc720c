import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { NeedsHost } from '../../../src/renderer/src/needs/needs-host'
import { ForwardEditor } from '../../../src/renderer/src/screens/editor/forward-editor'
import { ServersScreen } from '../../../src/renderer/src/screens/servers/servers-screen'
import { callsOf, openConnectedWindow } from '../_window'
import { configForwards, configServers } from '../harness/_config'
import { makeForward, servers } from '../harness/_data'
import type { FakeDaemon } from '../harness/fake-api'
import { makeNeed } from '../harness/_needs'

const press = (name: string | RegExp): void => {
  fireEvent.click(screen.getByRole('button', { name }))
}

describe('a server of the ssh config', () => {
  async function open(): Promise<FakeDaemon> {
    const daemon = await openConnectedWindow({ servers: [...servers, ...configServers], forwards: configForwards })
    render(<ServersScreen />)
    return daemon
  }

  it('is marked in the list, and its pane says where it is written, what it says and what is not done', async () => {
    await open()
    const row = screen.getByRole('button', { name: /^reports/ })
    expect(within(row).getByText('ssh config')).toBeInTheDocument()
    fireEvent.click(row)
    const pane = screen.getByRole('complementary', { name: 'Server reports' })
    expect(await within(pane).findByText('/home/me/.ssh/config:12')).toBeInTheDocument()
    expect(within(pane).getByText('port 2222')).toBeInTheDocument()
    const lost = within(pane).getByRole('region', { name: 'What Warren does not do' })
    expect(lost).toHaveTextContent('forwardagent yes/home/me/.ssh/config:17 · Warren opens no shell to forward into')
    expect(within(pane).getByText('on-vpn --quiet')).toBeInTheDocument()
    expect(within(pane).queryByRole('textbox')).not.toBeInTheDocument()
  })

  it('becomes one’s own as a copy, whose form opens', async () => {
    const daemon = await open()
    press(/^reports/)
    press('Make your own copy')
    expect(await screen.findByRole('complementary', { name: 'Server reports copy' })).toBeInTheDocument()
    expect(callsOf(daemon, 'servers.copy')).toEqual([{ id: 'config:reports' }])
    expect(screen.getByLabelText('Host')).toHaveValue('10.20.0.17')
  })
})

describe('a forward line of the ssh config', () => {
  it('keeps its ends in the editor, and sends only what is the person’s', async () => {
    const daemon = await openConnectedWindow({ servers: [...servers, ...configServers], forwards: configForwards })
    render(<ForwardEditor forwardId="config-forward:1" start={{}} onClose={() => undefined} />)
    expect(screen.getByText('LocalForward 5432 db:5432')).toBeInTheDocument()
    expect(screen.queryByLabelText('Target host')).not.toBeInTheDocument()
    expect(screen.queryByLabelText('Address on this machine')).not.toBeInTheDocument()
    fireEvent.click(screen.getByLabelText('Favourite'))
    press('Save')
    await waitFor(() => {
      expect(callsOf(daemon, 'forwards.update')).toHaveLength(1)
    })
    const [{ patch }] = callsOf(daemon, 'forwards.update') as [{ patch: object }]
    expect(patch).toMatchObject({ favourite: true })
    expect(Object.keys(patch)).not.toEqual(expect.arrayContaining(['localPort']))
  })
})

describe('a command of the ssh config', () => {
  it.each([
    ['Allow and connect', 'allow'],
    ['Do not run it', 'deny'],
  ])('is shown with its line, and %s answers %s', async (name, decision) => {
    const need = makeNeed('allow-command')
    const forwards = [makeForward('admin', { state: 'needs-you' })]
    const daemon = await openConnectedWindow({ forwards, needs: [need] })
    render(<NeedsHost />)
    expect(screen.getByText(need.command)).toBeInTheDocument()
    expect(screen.getByText('/home/me/.ssh/config:14')).toBeInTheDocument()
    await waitFor(() => {
      expect(screen.getByRole('button', { name: 'Do not run it' })).toHaveFocus()
    })
    press(name)
    await waitFor(() => {
      expect(callsOf(daemon, 'app.answerNeed')).toEqual([
        { id: need.id, answer: { kind: 'allow-command', decision }, save: false },
      ])
    })
  })
})
