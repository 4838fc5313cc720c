/** Traffic rows as files for other programs: CSV and JSON. */
import type { TrafficRow } from './traffic'

/** What spreadsheets take for a formula when a field begins with it, quotes or not (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n]/
const END_OF_LINE = '\r\n'

const columns = ['from', 'id', 'name', 'up', 'down', 'connections'] as const

/**
 * CSV with a header line (RFC 4180): `from,id,name,up,down,connections`, bytes as plain numbers.
 *
 * Names are quoted; one that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function trafficCsv(rows: readonly TrafficRow[]): string {
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(','))
  return [columns.join(','), ...lines, ''].join(END_OF_LINE)
}

/** A JSON array, one row a line. */
export function trafficJson(rows: readonly TrafficRow[]): string {
  const lines = rows.map(({ from, id, name, up, down, connections }) =>
    JSON.stringify({ from, id, name, up, down, connections }),
  )
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`
}

// --- internal ---

function field(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = FORMULA.test(value) ? `'${value}` : value
  return `"${harmless.replaceAll('"', '""')}"`
}
