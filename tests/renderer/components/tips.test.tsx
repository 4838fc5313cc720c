import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Tips } from '../../../src/renderer/src/components/tips'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const NAME = 'queue-of-the-orders-service'

/** Whether a tip comes for a text that needs so much room, in a place of 100 px. */
function hasTip(needs: number): boolean {
  const { unmount } = render(
    <>
      <Tips />
      <span data-testid="owner" data-tip={NAME} data-tip-when="cut" />
    </>,
  )
  const owner = screen.getByTestId('owner')
  Object.defineProperty(owner, 'scrollWidth', { value: needs })
  Object.defineProperty(owner, 'clientWidth', { value: 100 })
  fireEvent.pointerOver(owner)
  act(() => {
    vi.runAllTimers()
  })
  const shown = screen.queryByText(NAME) !== null
  unmount()
  return shown
}

it('tells a name that is cut off, and nothing of one that can be read', () => {
  expect(hasTip(180)).toBe(true)
  expect(hasTip(100)).toBe(false)
})

it('stays inside the window, however long, at whichever edge', () => {
  const width = vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(240)
  const { rerender } = render(<Tips />)
  for (const [left, stands] of [
    [0, 124],
    [500, 510],
    [window.innerWidth - 20, window.innerWidth - 124],
  ] as const) {
    rerender(
      <>
        <Tips />
        <button data-testid={`at-${left}`} data-tip={`tip at ${left}`} />
      </>,
    )
    const owner = screen.getByTestId(`at-${left}`)
    owner.getBoundingClientRect = () => new DOMRect(left, 100, 20, 20)
    fireEvent.pointerOver(owner)
    act(() => {
      vi.runAllTimers()
    })
    expect(screen.getByText(`tip at ${left}`).style.left).toBe(`${stands}px`)
  }
  width.mockRestore()
})
