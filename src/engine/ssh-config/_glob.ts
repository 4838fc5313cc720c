/** One name against one glob(7) pattern: `*`, `?`, `[…]` with ranges and `!`, backslash escapes; a leading dot must be written. */
export function matchesGlob(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  return toRegExp(pattern).test(name)
}

function toRegExp(pattern: string): RegExp {
  let source = ''
  let index = 0
  while (index < pattern.length) {
    const char = pattern.charAt(index)
    const set = char === '[' ? cutSet(pattern, index) : null
    if (set !== null) {
      source += set.source
      index = set.next
      continue
    }
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else if (char === '\\' && index + 1 < pattern.length) {
      index += 1
      source += escape(pattern.charAt(index))
    } else source += escape(char)
    index += 1
  }
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch {
    // A range that runs backwards matches nothing.
    return /(?!)/
  }
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9a-fA-F',
}

/** A bracket expression; `null` when the bracket is never closed and thus stands for itself. */
function cutSet(pattern: string, start: number): { source: string; next: number } | null {
  const negated = '!^'.includes(pattern.charAt(start + 1)) && start + 1 < pattern.length
  const first = start + (negated ? 2 : 1)
  // A closing bracket that comes first stands for itself; [:digit:] and its like are sets of their own.
  const body = /^(?:\[:[a-z]+:\]|[^\]])(?:\[:[a-z]+:\]|[^\]])*(?=\])|^\](?:\[:[a-z]+:\]|[^\]])*(?=\])/.exec(
    pattern.slice(first),
  )?.[0]
  if (body === undefined) return null
  const inside = body
    .split(/\[:([a-z]+):\]/)
    .map((piece, index) => (index % 2 === 1 ? (classes[piece] ?? '') : piece.replace(/[\\\]^[]/g, '\\$&')))
    .join('')
  return { source: `[${negated ? '^' : ''}${inside}]`, next: first + body.length + 1 }
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}
