import { describe, expect, it } from 'vitest'
import { placeWindow, rememberPlacement, windowStateSchema, type DisplayFacts } from '../../src/main/window-bounds'

const laptop: DisplayFacts = { id: 'laptop', workArea: { x: 0, y: 0, width: 1440, height: 860 }, primary: true }
const desk: DisplayFacts = { id: 'desk', workArea: { x: 1440, y: 0, width: 2560, height: 1400 }, primary: false }
const fresh = windowStateSchema.parse({})
const atDesk = { bounds: { x: 1600, y: 100, width: 1500, height: 1000 }, maximized: false }

describe('placeWindow', () => {
  it('centres the first window on the primary display', () => {
    expect(placeWindow(fresh, [laptop, desk])?.bounds).toEqual({ x: 170, y: 70, width: 1100, height: 720 })
  })

  it('brings a window back to where it was on that display', () => {
    expect(placeWindow(rememberPlacement(fresh, 'desk', atDesk), [laptop, desk])).toEqual(atDesk)
  })

  it('remembers each display for itself', () => {
    const atHome = { bounds: { x: 20, y: 20, width: 1000, height: 700 }, maximized: false }
    const state = rememberPlacement(rememberPlacement(fresh, 'laptop', atHome), 'desk', atDesk)
    expect(placeWindow(state, [laptop])).toEqual(atHome)
  })

  it('comes to the primary display when the other one is gone', () => {
    const bounds = placeWindow(rememberPlacement(fresh, 'desk', atDesk), [laptop])?.bounds
    expect(bounds).toEqual({ x: 170, y: 70, width: 1100, height: 720 })
  })

  it('fits a window of a larger display into a smaller one', () => {
    const state = rememberPlacement(fresh, 'laptop', {
      ...atDesk,
      bounds: { x: 1600, y: 900, width: 4000, height: 3000 },
    })
    expect(placeWindow(state, [laptop])?.bounds).toEqual(laptop.workArea)
  })

  it('keeps the top left corner in sight on a display that is too small', () => {
    const tiny: DisplayFacts = { id: 'tiny', workArea: { x: 0, y: 30, width: 800, height: 450 }, primary: true }
    expect(placeWindow(fresh, [tiny])?.bounds).toEqual({ x: 0, y: 30, width: 900, height: 600 })
  })

  it('leaves the place to the system when no display is known', () => {
    expect(placeWindow(fresh, [])).toBeNull()
  })

  it('forgets displays not seen for long', () => {
    let state = fresh
    for (let index = 0; index < 50; index += 1) state = rememberPlacement(state, `display-${index}`, atDesk)
    expect(Object.keys(state.placements)).toHaveLength(20)
    expect(state.display).toBe('display-49')
  })
})
