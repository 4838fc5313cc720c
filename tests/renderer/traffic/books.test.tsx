import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { menuStore } from '../../../src/renderer/src/components/menu'
import { toastStore } from '../../../src/renderer/src/components/toasts'
import { TrafficBooks, TrafficBooksAside } from '../../../src/renderer/src/traffic/books'
import { DayBars } from '../../../src/renderer/src/traffic/day-bars'
import { fillDays, lastDays } from '../../../src/renderer/src/traffic/days'
import { EndedConnections } from '../../../src/renderer/src/traffic/ended-connections'
import { QuotaBar } from '../../../src/renderer/src/traffic/quota-bar'
import { callsOf, openWindow } from '../_window'
import { makeDays } from '../harness/_traffic'

const NOW = new Date(2026, 10, 21, 15, 30)

describe('the last days', () => {
  it('are days of the calendar, also where the clocks change, and end with today', () => {
    const days = lastDays(NOW, 30)
    expect(days).toHaveLength(30)
    expect(new Set(days.map((day) => day.key)).size).toBe(30)
    expect([days[0]?.key, days.at(-1)?.key]).toEqual(['2026-10-23', '2026-11-21'])
  })

  it('take a row to the day it began on where the daemon is', () => {
    const row = {
      ...{ id: 'a', name: 'a', from: '2026-11-20T00:00:00.000+13:00' },
      ...{ up: 5, down: 7, connections: 1 },
    }
    const days = fillDays(lastDays(NOW, 30), [row])
    expect(days.find((day) => day.up === 5)?.key).toBe('2026-11-20')
    expect(days.filter((day) => day.up + day.down > 0)).toHaveLength(1)
  })
})

describe('the bars', () => {
  it('are one stop of the keyboard, and read out each day', () => {
    render(<DayBars rows={makeDays('relay', NOW)} now={NOW.getTime()} />)
    const bars = screen.getByRole('slider')
    expect(screen.getByText('Last 30 days')).toBeInTheDocument()
    act(() => {
      bars.focus()
    })
    expect(bars).toHaveAttribute('aria-valuetext', expect.stringMatching(/^Today: .* up, .* down, 40 connections$/))
    fireEvent.keyDown(bars, { key: 'Home' })
    expect(bars).toHaveAttribute('aria-valuenow', '1')
    fireEvent.keyDown(bars, { key: 'ArrowLeft' })
    expect(bars).toHaveAttribute('aria-valuenow', '1')
    fireEvent.keyDown(bars, { key: 'PageUp' })
    expect(bars).toHaveAttribute('aria-valuenow', '8')
    fireEvent.blur(bars)
    expect(screen.getByText('Last 30 days')).toBeInTheDocument()
  })

  it('say when nothing moved', () => {
    render(<DayBars rows={[]} now={NOW.getTime()} />)
    expect(screen.getByText('Nothing moved in the last 30 days.')).toBeInTheDocument()
  })
})

describe('a quota', () => {
  const endsAt = new Date(2026, 11, 1).toISOString()

  it('says what is used, what is left, and until when', () => {
    render(<QuotaBar quota={{ used: 9 * 1024 ** 3, bytes: 10 * 1024 ** 3, endsAt }} />)
    expect(screen.getByRole('meter', { name: 'Quota used' })).toHaveAttribute('aria-valuenow', '90')
    expect(screen.getByText('9.0 GB of 10.0 GB')).toBeInTheDocument()
    expect(screen.getByText(/^1\.0 GB left until .*(1 December|December 1)/)).toBeInTheDocument()
  })

  it('says that it is used up', () => {
    render(<QuotaBar quota={{ used: 11, bytes: 10, endsAt }} />)
    expect(screen.getByText(/^used up until/)).toBeInTheDocument()
    expect(screen.getByRole('meter')).toHaveAttribute('aria-valuenow', '100')
  })
})

describe('the books of a relay', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('show today, this month and ever', async () => {
    openWindow()
    render(<TrafficBooks id="relay-1" />)
    const today = await screen.findByRole('row', { name: /^Today/ })
    expect(today).toHaveTextContent('310 MB')
    expect(today).toHaveTextContent('1.9 GB')
    expect(screen.getByRole('slider')).toBeInTheDocument()
  })

  it('are asked again while somebody looks, and not while nobody does', async () => {
    // In the afternoon: at midnight they are asked once more.
    vi.useFakeTimers({ now: NOW })
    const daemon = openWindow()
    render(<TrafficBooks id="relay-1" />)
    await act(() => vi.advanceTimersByTimeAsync(6500))
    expect(callsOf(daemon, 'traffic.usage')).toHaveLength(3)
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    await act(() => vi.advanceTimersByTimeAsync(30_000))
    expect(callsOf(daemon, 'traffic.usage')).toHaveLength(3)
    hidden.mockReturnValue(false)
    document.dispatchEvent(new Event('visibilitychange'))
    await act(() => vi.advanceTimersByTimeAsync(0))
    expect(callsOf(daemon, 'traffic.usage')).toHaveLength(4)
    hidden.mockRestore()
  })

  it('ask for the new day just after midnight', async () => {
    vi.useFakeTimers({ now: new Date(2026, 10, 21, 23, 59, 59) })
    const daemon = openWindow()
    render(<TrafficBooks id="relay-1" />)
    await act(() => vi.advanceTimersByTimeAsync(3000))
    expect(callsOf(daemon, 'traffic.rows')).toHaveLength(2)
  })

  it('are exported in the form that was chosen', async () => {
    const daemon = openWindow()
    render(<TrafficBooksAside id="relay-1" name="game" />)
    fireEvent.click(screen.getByRole('button', { name: 'Export' }))
    const entry = menuStore.getState().open?.entries.find((each) => each.kind === 'item' && /JSON/.test(each.label))
    if (entry?.kind === 'item') entry.onSelect()
    await waitFor(() => {
      expect(toastStore.getState().toasts[0]?.text).toBe(
        'Exported to /home/me/Documents/warren-traffic-game-days.json.',
      )
    })
    expect(callsOf(daemon, 'app.exportTraffic')).toEqual([{ id: 'relay-1', name: 'game', by: 'day', format: 'json' }])
  })
})

describe('ended connections', () => {
  it('say why each is over, the newest first, a page at a time', async () => {
    openWindow()
    render(<EndedConnections id="relay-1" />)
    await screen.findByText('203.0.113.2:40000')
    expect(screen.getAllByRole('row')).toHaveLength(21)
    expect(screen.getAllByText('quota used up')).not.toHaveLength(0)
    fireEvent.click(screen.getByRole('button', { name: 'Show older' }))
    await waitFor(() => {
      expect(screen.getAllByRole('row')).toHaveLength(31)
    })
    expect(screen.queryByRole('button')).not.toBeInTheDocument()
  })

  it('say when there are none', async () => {
    openWindow({ traffic: { untouched: true } })
    render(<EndedConnections id="relay-1" />)
    expect(await screen.findByText('No connection has ended yet.')).toBeInTheDocument()
  })
})
