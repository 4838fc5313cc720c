/** What jsdom lacks and every renderer test needs: sizes, observers, idle time, and a clean screen after each test. */
import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

const VIEW = { width: 900, height: 600 }

class QuietObserver implements ResizeObserver, IntersectionObserver {
  readonly root = null
  readonly rootMargin = ''
  readonly scrollMargin = ''
  readonly thresholds = []
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
  takeRecords(): [] {
    return []
  }
}

Object.assign(globalThis, { ResizeObserver: QuietObserver, IntersectionObserver: QuietObserver })
globalThis.requestIdleCallback = (callback) =>
  setTimeout(() => {
    callback({ didTimeout: false, timeRemaining: () => 0 })
  }) as unknown as number
globalThis.cancelIdleCallback = clearTimeout
window.matchMedia = (media) =>
  ({
    media,
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList
Element.prototype.scrollTo = () => undefined
Element.prototype.scrollIntoView = () => undefined
Element.prototype.getAnimations = () => []

// A virtual list draws what fits, and in jsdom nothing has a size.
Object.defineProperties(HTMLElement.prototype, {
  offsetHeight: { get: () => VIEW.height, configurable: true },
  offsetWidth: { get: () => VIEW.width, configurable: true },
  clientHeight: { get: () => VIEW.height, configurable: true },
  clientWidth: { get: () => VIEW.width, configurable: true },
})

// Nor a canvas: curves are looked at in the harness.
vi.mock('uplot', () => ({
  default: class {
    setData(): void {}
    setSize(): void {}
    destroy(): void {}
  },
}))

// What is waited for is an event; that it has a second is no matter of the window but of the machine.
configure({ asyncUtilTimeout: 20_000 })
afterEach(cleanup)
