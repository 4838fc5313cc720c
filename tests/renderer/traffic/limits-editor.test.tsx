import { noLimits, type Limits } from '@shared/limits'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { LimitsEditor } from '../../../src/renderer/src/traffic/limits-editor'
import { limitsOrNull } from '../../../src/renderer/src/traffic/limits-form'
import { LimitsInPlace } from '../../../src/renderer/src/traffic/limits-in-place'
import { makeFault } from '../harness/_data'

function type(label: string, text: string): void {
  const field = screen.getByLabelText(label)
  fireEvent.change(field, { target: { value: text } })
  fireEvent.blur(field)
}

describe('the limits editor', () => {
  it('shows what was typed the way it was understood', () => {
    const onChange = vi.fn()
    render(<LimitsEditor value={null} onChange={onChange} />)
    type('Up, all together', '2m')
    expect(screen.getByLabelText('Up, all together')).toHaveValue('2 MB/s')
    expect(onChange).toHaveBeenLastCalledWith({ ...noLimits, perRule: { up: 2 * 1024 ** 2, down: null } }, true)
  })

  it('says at the field what is wrong, only after it was left', () => {
    const onChange = vi.fn()
    render(<LimitsEditor value={null} onChange={onChange} />)
    const field = screen.getByLabelText('Quota')
    fireEvent.change(field, { target: { value: 'lots' } })
    expect(field).not.toHaveAttribute('aria-invalid')
    expect(onChange).toHaveBeenLastCalledWith(noLimits, false)
    fireEvent.blur(field)
    expect(field).toHaveAccessibleDescription('Type an amount, such as 500 MB or 50 GB.')
    fireEvent.change(field, { target: { value: '5 GB' } })
    expect(field).not.toHaveAttribute('aria-invalid')
  })

  it('asks what happens at the end of a quota once there is one', () => {
    render(<LimitsEditor value={null} onChange={() => undefined} />)
    expect(screen.queryByRole('combobox', { name: 'When used up' })).not.toBeInTheDocument()
    type('Quota', '50')
    expect(screen.getByLabelText('Quota')).toHaveValue('50 GB')
    expect(screen.getByRole('combobox', { name: 'When used up' })).toBeInTheDocument()
    expect(screen.getByText(/new ones are refused until the first of the next month/)).toBeInTheDocument()
  })

  it('opens the rarer limits where one of them is set', () => {
    const value: Limits = { ...noLimits, newConnectionsPerSecond: 5, perSource: { up: 1024, down: null } }
    render(<LimitsEditor value={value} onChange={() => undefined} protocol="udp" />)
    expect(screen.getByText('2 set').closest('details')).toHaveAttribute('open')
    expect(screen.getByLabelText('New sessions each second')).toHaveValue('5')
  })

  it('knows when nothing is limited', () => {
    expect(limitsOrNull(noLimits)).toBeNull()
    expect(limitsOrNull({ ...noLimits, maxConnections: 1 })).not.toBeNull()
  })
})

describe('limits in place', () => {
  it('save each field as it is left, and only when it changed', async () => {
    const onSave = vi.fn((_limits: Limits) => Promise.resolve(null))
    render(<LimitsInPlace value={noLimits} onSave={onSave} />)
    fireEvent.blur(screen.getByLabelText('Down, all together'))
    expect(onSave).not.toHaveBeenCalled()
    type('Down, all together', '500')
    await screen.findByText('Saved; it holds from now on.')
    expect(onSave).toHaveBeenCalledExactlyOnceWith({ ...noLimits, perRule: { up: null, down: 500 * 1024 } })
  })

  it('take back what was typed at Esc, and save at Enter', async () => {
    const onSave = vi.fn((_limits: Limits) => Promise.resolve(null))
    render(<LimitsInPlace value={{ ...noLimits, maxConnections: 7 }} onSave={onSave} />)
    const field = screen.getByLabelText('Connections at once')
    fireEvent.change(field, { target: { value: '9' } })
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(field).toHaveValue('7')
    fireEvent.change(field, { target: { value: '12' } })
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => {
      expect(onSave).toHaveBeenCalledExactlyOnceWith({ ...noLimits, maxConnections: 12 })
    })
  })

  it('show a refusal at its field', async () => {
    const fault = makeFault({ code: 'spec.invalid', message: 'That is too much.', field: 'patch.limits.perRule.up' })
    render(<LimitsInPlace value={noLimits} onSave={() => Promise.resolve(fault)} />)
    type('Up, all together', '5 MB')
    await waitFor(() => {
      expect(screen.getByLabelText('Up, all together')).toHaveAccessibleDescription('That is too much.')
    })
  })

  it('follow what changes elsewhere, except in the field that is being typed in', () => {
    const { rerender } = render(<LimitsInPlace value={noLimits} onSave={() => Promise.resolve(null)} />)
    fireEvent.change(screen.getByLabelText('Connections at once'), { target: { value: '3' } })
    rerender(
      <LimitsInPlace
        value={{ ...noLimits, maxConnections: 99, perRule: { up: 2048, down: null } }}
        onSave={() => Promise.resolve(null)}
      />,
    )
    expect(screen.getByLabelText('Connections at once')).toHaveValue('3')
    expect(screen.getByLabelText('Up, all together')).toHaveValue('2 KB/s')
  })
})
