/** Ports in a row, written as a person writes them: `8000` or `8000-8009`. */

export interface PortRange {
  readonly port: number
  /** 1 for a single port. */
  readonly count: number
}

/**
 * Reads `8000` and `8000-8009` (an en dash does too); `null` for what is neither.
 *
 * Only the form is read: whether the ports exist and how many a range may have is for the schema to say.
 */
export function parsePortRange(text: string): PortRange | null {
  const [, from, to] = /^(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?$/.exec(text.trim()) ?? []
  if (from === undefined) return null
  if (to === undefined) return { port: Number(from), count: 1 }
  const count = Number(to) - Number(from) + 1
  return count < 1 ? null : { port: Number(from), count }
}

/** With a hyphen, as it is typed. */
export function formatPortRange(port: number, count: number): string {
  return count > 1 && port !== 0 ? `${port}-${port + count - 1}` : String(port)
}
