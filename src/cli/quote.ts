/** A name as it has to be typed in a shell. */
export function quoteName(name: string): string {
  return /^[\w.:@/-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`
}
