/** Where the window goes: where it was on that display, and never off every screen. */
import { z } from 'zod'

export const DEFAULT_SIZE = { width: 1100, height: 720 } as const
export const MIN_SIZE = { width: 900, height: 600 } as const
const MAX_DISPLAYS = 20

const rectangle = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) })
const placement = z.object({ bounds: rectangle, maximized: z.boolean() })
export const windowStateSchema = z.object({
  /** The display it was on last. */
  display: z.string().nullable().default(null),
  /** By display, the one used last at the end. */
  placements: z.record(z.string(), placement).default({}),
})
export type WindowState = z.output<typeof windowStateSchema>
type Rectangle = z.output<typeof rectangle>
type Placement = z.output<typeof placement>

export interface DisplayFacts {
  readonly id: string
  readonly workArea: Rectangle
  readonly primary: boolean
}

/** The placement for a new window, on the last display if it is still there, else on the primary one. */
export function placeWindow(state: WindowState, displays: readonly DisplayFacts[]): Placement | null {
  const display = displays.find(({ id }) => id === state.display) ?? displays.find(({ primary }) => primary)
  if (display === undefined) return null
  const saved = state.placements[display.id]
  return {
    bounds: fitInto(saved?.bounds ?? centred(display.workArea), display.workArea),
    maximized: saved?.maximized ?? false,
  }
}

/** Remembers a placement; displays not seen for long are forgotten. */
export function rememberPlacement(state: WindowState, display: string, now: Placement): WindowState {
  const { [display]: _before, ...others } = state.placements
  const kept = Object.entries(others).slice(-(MAX_DISPLAYS - 1))
  return { display, placements: { ...Object.fromEntries(kept), [display]: now } }
}

// --- internal ---

function centred(area: Rectangle): Rectangle {
  const { width, height } = DEFAULT_SIZE
  return {
    x: Math.round(area.x + (area.width - width) / 2),
    y: Math.round(area.y + (area.height - height) / 2),
    width,
    height,
  }
}

function fitInto(bounds: Rectangle, area: Rectangle): Rectangle {
  const width = Math.min(Math.max(bounds.width, MIN_SIZE.width), Math.max(area.width, MIN_SIZE.width))
  const height = Math.min(Math.max(bounds.height, MIN_SIZE.height), Math.max(area.height, MIN_SIZE.height))
  return {
    x: clamp(bounds.x, area.x, area.x + area.width - width),
    y: clamp(bounds.y, area.y, area.y + area.height - height),
    width,
    height,
  }
}

/** An area smaller than the window keeps the window's top left corner in sight. */
function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high))
}
