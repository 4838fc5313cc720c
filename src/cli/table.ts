/** Columns that line up, in a terminal of any width. */

/** Two cells in a terminal: CJK, Hangul, full-width forms, emoji (Unicode TR11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const NO_WIDTH = /\p{Mark}|\u200b|\u200d|\ufe0f/u
const COLOUR = /\u001b\[[0-9;]*m/g
const GAP = '  '

/** Cells that a text takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text.replace(COLOUR, '')) {
    if (!NO_WIDTH.test(character)) width += WIDE.test(character) ? 2 : 1
  }
  return width
}

export interface TableOptions {
  /** Columns whose cells end at the same place: figures. */
  readonly right?: readonly number[]
  readonly head?: readonly string[]
}

/** Lines of padded cells; the last cell of a row is not padded, so that nothing trails. */
export function table(
  rows: readonly (readonly string[])[],
  { right = [], head }: TableOptions = {},
): readonly string[] {
  const all = head === undefined ? rows : [head, ...rows]
  const count = Math.max(0, ...all.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, at) => Math.max(...all.map((row) => textWidth(row[at] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, at) => {
        const padding = ' '.repeat(Math.max(0, (widths[at] ?? 0) - textWidth(cell)))
        if (right.includes(at)) return padding + cell
        return at === row.length - 1 ? cell : cell + padding
      })
      .join(GAP)
      .trimEnd(),
  )
}

/** Breaks a text at spaces to lines of at most `width` cells; words that are longer stay whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** What servers and programs say may hold escape codes; a terminal must not obey them. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}
