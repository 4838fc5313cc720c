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
  return new RegExp(`^${source}$`, 'su')
}

/** A bracket expression; `null` when the bracket is never closed and thus stands for itself. */
function cutSet(pattern: string, start: number): { source: string; next: number } | null {
  const negated = '!^'.includes(pattern.charAt(start + 1)) && start + 1 < pattern.length
  const first = start + (negated ? 2 : 1)
  const close = pattern.indexOf(']', first + 1)
  if (close === -1) return null
  const inside = pattern.slice(first, close).replace(/[\\\]^[]/g, '\\$&')
  return { source: `[${negated ? '^' : ''}${inside}]`, next: close + 1 }
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}
