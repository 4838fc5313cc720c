import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { confirmAction } from '../../../src/renderer/src/components/confirm'
import { FaultView } from '../../../src/renderer/src/components/fault-view'
import { TextField } from '../../../src/renderer/src/components/field'
import { openMenu } from '../../../src/renderer/src/components/menu'
import { Overlays } from '../../../src/renderer/src/components/overlays'
import { Segmented } from '../../../src/renderer/src/components/segmented'
import { StateGlyph } from '../../../src/renderer/src/components/state-glyph'
import { showToast } from '../../../src/renderer/src/components/toasts'
import { forwardStates } from '@shared/snapshots'
import { openWindow } from '../_window'
import { makeFault } from '../harness/_data'

describe('StateGlyph', () => {
  it('draws another shape for each kind of state and names it', () => {
    const { container } = render(forwardStates.map((state) => <StateGlyph key={state} state={state} />))
    const pictures = [...container.querySelectorAll('svg')].map((svg) => svg.innerHTML)
    expect(new Set(pictures).size).toBe(7)
    expect(screen.getByRole('img', { name: 'needs you' })).toBeInTheDocument()
  })
})

describe('TextField', () => {
  it('ties the error to the field and offers its fix', async () => {
    const fix = vi.fn()
    render(
      <TextField
        label="Port"
        value="5432"
        onChange={() => undefined}
        error="Port 5432 is in use."
        fix={{ label: 'Use 5433', onPress: fix }}
      />,
    )
    expect(screen.getByRole('textbox', { name: 'Port' })).toBeInvalid()
    expect(screen.getByRole('textbox', { name: 'Port' })).toHaveAccessibleDescription(/Port 5432 is in use\./)
    await userEvent.click(screen.getByRole('button', { name: 'Use 5433' }))
    expect(fix).toHaveBeenCalledOnce()
  })
})

describe('Segmented', () => {
  it('moves with the arrow keys, round the end', async () => {
    const chosen = vi.fn()
    const options = [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' },
    ]
    render(<Segmented label="Letter" value="b" options={options} onChange={chosen} />)
    await userEvent.tab()
    expect(screen.getByRole('radio', { name: 'B' })).toHaveFocus()
    await userEvent.keyboard('{ArrowRight}')
    expect(chosen).toHaveBeenCalledWith('a')
    expect(screen.getByRole('radio', { name: 'A' })).toHaveFocus()
  })
})

describe('FaultView', () => {
  it('says what failed, why and what to do, and folds the rest', async () => {
    const remedy = vi.fn()
    render(<FaultView fault={makeFault({ remedy: { action: 'use-port', port: 5433 } })} onRemedy={remedy} />)
    expect(screen.getByRole('region', { name: 'The server cannot be reached' })).toHaveTextContent(
      'Check that the server',
    )
    expect(screen.getByRole('group')).not.toHaveAttribute('open')
    await userEvent.click(screen.getByRole('button', { name: 'Use 5433' }))
    expect(remedy).toHaveBeenCalledWith({ action: 'use-port', port: 5433 })
  })
})

describe('Overlays', () => {
  it('opens a menu from data, runs the entry and gives the focus back', async () => {
    openWindow()
    const run = vi.fn()
    render(
      <>
        <button
          type="button"
          onClick={(event) => {
            openMenu({
              label: 'More',
              anchor: event.currentTarget,
              entries: [{ kind: 'item', label: 'Do it', onSelect: run }],
            })
          }}
        >
          Open
        </button>
        <Overlays />
      </>,
    )
    await userEvent.click(screen.getByRole('button', { name: 'Open' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Do it' }))
    expect(run).toHaveBeenCalledOnce()
    await waitFor(() => {
      expect(screen.getByRole('button', { name: 'Open' })).toHaveFocus()
    })
  })

  it('asks before it cuts, with the safe answer first', async () => {
    openWindow()
    render(<Overlays />)
    let answer: Promise<boolean> | undefined
    act(() => {
      answer = confirmAction({ title: 'Stop db?', body: 'This ends 2 live connections.', action: 'Stop' })
    })
    await waitFor(() => {
      expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus()
    })
    expect(screen.getByRole('alertdialog', { name: 'Stop db?' })).toBeInTheDocument()
    await userEvent.keyboard('{Escape}')
    expect(await answer).toBe(false)
  })

  it('keeps a fault until it is dismissed', async () => {
    openWindow()
    render(<Overlays />)
    act(() => {
      showToast({ tone: 'fault', text: 'It failed.', more: 'Do this.' })
    })
    expect(screen.getByRole('status')).toHaveTextContent('It failed.Do this.')
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }))
    expect(screen.queryByText('It failed.')).toBeNull()
  })
})
