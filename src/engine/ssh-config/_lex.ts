/**
 * How OpenSSH cuts a config line into words.
 *
 * There are two cutters, and they differ: the keyword and the criteria of Match are cut by `strdelim` (blanks, one `=`, double
 * quotes, no escapes), the arguments of all other keywords by `argv_split` (blanks, both quotes, backslash escapes, `#`
 * begins a comment). A line never continues on the next one.
 */

/** The rest of a line that is being cut; `null` when nothing is left, not even an empty word. */
export interface Cursor {
  rest: string | null
}

const BLANKS = ' \t\r\n'

function skipBlanks(text: string): string {
  let index = 0
  while (index < text.length && BLANKS.includes(text.charAt(index))) index += 1
  return text.slice(index)
}

/** Takes one word off the cursor. `null` at the end and for a quote that is never closed. */
export function takeWord(cursor: Cursor): string | null {
  const text = cursor.rest
  if (text === null) return null
  const end = text.search(/[ \t\r\n"=]/)
  if (end === -1) {
    cursor.rest = null
    return text
  }
  if (text.charAt(end) === '"') {
    const unquoted = text.slice(0, end) + text.slice(end + 1)
    const close = unquoted.indexOf('"', end)
    cursor.rest = close === -1 ? null : skipBlanks(unquoted.slice(close + 1))
    return close === -1 ? null : unquoted.slice(0, close)
  }
  const equals = text.charAt(end) === '='
  let rest = skipBlanks(text.slice(end + 1))
  // One "=" may stand between two words, with blanks around it.
  if (!equals && rest.startsWith('=')) rest = skipBlanks(rest.slice(1))
  cursor.rest = rest
  return text.slice(0, end)
}

/** A line as keyword and the raw text after it; `null` for blank lines and comments. */
export function cutKeyword(line: string): { keyword: string; raw: string } | null {
  const nul = line.indexOf('\0')
  const text = trimEnd(nul === -1 ? line : line.slice(0, nul))
  if (text === '') return null
  const cursor: Cursor = { rest: text }
  let keyword = takeWord(cursor)
  // An empty first word is leading space.
  if (keyword === '') keyword = takeWord(cursor)
  if (keyword === null || keyword === '' || keyword.startsWith('#')) return null
  return { keyword: lowercase(keyword), raw: skipBlanks(cursor.rest ?? '') }
}

/** Like ssh, the first character stays whatever it is. */
function trimEnd(line: string): string {
  let end = line.length
  while (end > 1 && ' \t\r\n\f'.includes(line.charAt(end - 1))) end -= 1
  return line.slice(0, end)
}

/** Only ASCII letters: ssh works on bytes. */
export function lowercase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Cuts the arguments of a keyword; `null` when a quote is never closed. */
export function splitArguments(text: string): string[] | null {
  const words: string[] = []
  let index = 0
  while (index < text.length) {
    const char = text.charAt(index)
    if (char === ' ' || char === '\t') {
      index += 1
      continue
    }
    if (char === '#') break
    const word = takeQuoted(text, index)
    if (word === null) return null
    words.push(word.word)
    index = word.next
  }
  return words
}

function takeQuoted(text: string, start: number): { word: string; next: number } | null {
  let word = ''
  let quote = ''
  let index = start
  for (; index < text.length; index += 1) {
    const char = text.charAt(index)
    const next = text.charAt(index + 1)
    if (char === '\\') {
      const escapes = next === "'" || next === '"' || next === '\\' || (quote === '' && next === ' ')
      if (escapes) index += 1
      word += escapes ? next : char
    } else if (quote === '' && (char === ' ' || char === '\t')) {
      break
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
    } else if (quote !== '' && char === quote) {
      quote = ''
    } else {
      word += char
    }
  }
  return quote === '' ? { word, next: index } : null
}
