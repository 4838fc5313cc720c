/** Prints rows and keeps docs/benchmarks.md, one section per bench file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const INTRO = [
  '# Benchmarks',
  '',
  '`npm run bench` measures Warren beside what you would use instead, in the same run and in turn, and writes this page.',
  'Read the ratios: the absolute figures belong to the machine they were taken on. A ratio above 1 is in favour of Warren.',
  '',
].join('\n')

export interface Section {
  readonly id: string
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

/** Writes one section of the page, leaving the others as they are, and prints it. */
export function publish(section: Section): void {
  const table = [line(section.header), line(section.header.map(() => '---')), ...section.rows.map(line)].join('\n')
  const body = [
    `## ${section.title}`,
    '',
    table,
    '',
    ...section.notes.map((note) => `- ${note}`),
    `- ${machine()}`,
  ].join('\n')
  process.stdout.write(`\n${body}\n`)
  const start = `<!-- ${section.id} -->`
  const end = `<!-- /${section.id} -->`
  const block = `${start}\n\n${body}\n\n${end}\n`
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : INTRO
  const from = page.indexOf(start)
  const to = page.indexOf(end)
  const next =
    from >= 0 && to > from ? page.slice(0, from) + block + page.slice(to + end.length + 1) : `${page}\n${block}`
  writeFileSync(PAGE, next)
}

export function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}

export function times(value: number): string {
  return `${value.toFixed(2)}×`
}

// --- internal ---

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}, ${process.platform}, ${new Date().toISOString().slice(0, 10)}`
}
