/** Colours of lists. */
import { createColors } from 'picocolors'
import { carries } from '@shared/sentence'
import { startingStates, type ForwardState } from '@shared/snapshots'

export type Painter = (state: ForwardState, line: string) => string

/** Colours the glyph alone; shape and word say the same. */
export function painter(hasColour: boolean): Painter {
  const colours = createColors(hasColour)
  return (state, line) => {
    const glyph = line.charAt(0)
    const rest = line.slice(1)
    if (carries(state)) return colours.green(glyph) + rest
    if (state === 'failed') return colours.red(glyph) + rest
    if (state === 'needs-you') return colours.magenta(glyph) + rest
    if (state === 'waiting' || startingStates.has(state)) return colours.yellow(glyph) + rest
    return colours.dim(glyph) + rest
  }
}
