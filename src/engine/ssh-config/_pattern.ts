/** OpenSSH's patterns (ssh_config(5), PATTERNS): `*` and `?` over bytes, comma lists, `!` in front of a pattern denies. */
import { lowercase } from './_lex'

/** The longest pattern of a list that ssh looks at; a list with a longer one matches nothing. */
const MAX_PATTERN_BYTES = 1022

/** One byte per character, because `?` stands for one byte. */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Linear in practice: only the last `*` is ever tried again. */
export function matchesPattern(text: string, pattern: string): boolean {
  const subject = bytes(text)
  const glob = bytes(pattern)
  let at = 0
  let inGlob = 0
  let star = -1
  let retry = 0
  while (at < subject.length) {
    const wanted = glob.charAt(inGlob)
    if (wanted === '*') {
      star = inGlob
      retry = at
      inGlob += 1
    } else if (inGlob < glob.length && (wanted === '?' || wanted === subject.charAt(at))) {
      inGlob += 1
      at += 1
    } else if (star !== -1) {
      retry += 1
      at = retry
      inGlob = star + 1
    } else {
      return false
    }
  }
  while (glob.charAt(inGlob) === '*') inGlob += 1
  return inGlob === glob.length
}

/** `denied` when a `!` pattern matches, whatever the others say. */
export function matchList(text: string, list: string, lower = false): 'matched' | 'denied' | 'none' {
  let matched = false
  let rest = list
  while (rest !== '') {
    const negated = rest.startsWith('!')
    if (negated) rest = rest.slice(1)
    const comma = rest.indexOf(',')
    const raw = comma === -1 ? rest : rest.slice(0, comma)
    rest = comma === -1 ? '' : rest.slice(comma + 1)
    if (Buffer.byteLength(raw) > MAX_PATTERN_BYTES) return 'none'
    if (matchesPattern(text, lower ? lowercase(raw) : raw)) {
      if (negated) return 'denied'
      matched = true
    }
  }
  return matched ? 'matched' : 'none'
}

/** Host names are compared without regard to case. */
export function matchesHostname(host: string, list: string): boolean {
  return matchList(lowercase(host), list, true) === 'matched'
}
