/** Words of a POSIX shell command line, in both directions (POSIX.1-2017, Shell Command Language §2.2). */
import { WarrenError } from './errors'

/**
 * Splits a command as a shell would, without expanding anything.
 *
 * Understands quotes, backslashes, continued lines and a closing `&`. Throws `command.invalid` for an open quote and for what
 * only a shell can do: variables, command substitution, pipes, redirections and lists.
 */
export function splitShellWords(text: string): readonly string[] {
  const words: string[] = []
  let word: string | null = null
  let at = 0
  while (at < text.length) {
    const character = text[at] ?? ''
    if (character === "'") {
      const end = text.indexOf("'", at + 1)
      if (end < 0) throw invalid("A ' quote is not closed", 'Close the quote.')
      word = (word ?? '') + text.slice(at + 1, end)
      at = end + 1
    } else if (character === '"') {
      const quoted = readDoubleQuoted(text, at + 1)
      word = (word ?? '') + quoted.value
      at = quoted.next
    } else if (character === '\\') {
      const next = text[at + 1]
      if (next === undefined) throw invalid('The command ends with a backslash', 'Paste the whole command.')
      if (next !== '\n') word = (word ?? '') + next
      at += 2
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
      at++
    } else if (character === '&' && text.slice(at + 1).trim() === '') {
      break
    } else {
      refuseShellSyntax(character, text[at + 1])
      word = (word ?? '') + character
      at++
    }
  }
  if (word !== null) words.push(word)
  return words
}

/** Quotes a word for a POSIX shell; plain words stay as they are. */
export function quoteShellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  // A leading ~/ must stay outside the quotes, or the shell would not put the home folder in its place.
  const home = /^~\/(?=.)/.exec(word)?.[0] ?? ''
  const rest = word.slice(home.length)
  return home !== '' && /^[\w@%+=:,./-]+$/.test(rest) ? word : `${home}'${rest.replaceAll("'", `'\\''`)}'`
}

// --- internal ---

function readDoubleQuoted(text: string, start: number): { value: string; next: number } {
  let value = ''
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"') return { value, next: at + 1 }
    if (character === '\\' && /["\\$`\n]/.test(text[at + 1] ?? '')) {
      at++
      if (text[at] !== '\n') value += text[at] ?? ''
    } else {
      if (character === '$' || character === '`') refuseShellSyntax(character, text[at + 1])
      value += character
    }
  }
  throw invalid('A " quote is not closed', 'Close the quote.')
}

function refuseShellSyntax(character: string, next: string | undefined): void {
  if (character === '`' || (character === '$' && /[\w({!@*#?$-]/.test(next ?? ''))) {
    throw invalid('The command uses a variable or a command substitution', 'Write the value itself.')
  }
  if (';|<>()&'.includes(character)) {
    throw invalid(`The command has a ${character} outside quotes`, 'Paste the ssh command alone.')
  }
}

function invalid(message: string, fix: string): WarrenError {
  return new WarrenError('command.invalid', `${message}.`, { fix })
}
