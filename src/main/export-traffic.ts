/** Writes what was counted into a file of the person's choice. */
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { app, dialog, type BrowserWindow } from 'electron'
import { WarrenError } from '@shared/errors'
import type { AppParams, AppResults } from '@shared/ipc'
import type { RpcParams } from '@shared/rpc'
import type { TrafficRow } from '@shared/traffic'
import { trafficCsv, trafficJson } from '@shared/traffic-export'
import type { Link } from './daemon-link'

type Choice = AppParams<'app.exportTraffic'>
type Ask = Pick<Link, 'call'>

/** Rows of one answer: well below the size that a message may have. */
const PAGE = 20_000

/** `null` when the person chose no file. Refused with `export.unwritable` when the system does not let it be written. */
export async function exportTraffic(
  link: Ask,
  window: BrowserWindow | null,
  choice: Choice,
): Promise<AppResults['app.exportTraffic']> {
  const question = {
    title: 'Export the traffic',
    defaultPath: join(folder(), fileName(choice)),
    filters: [{ name: choice.format.toUpperCase(), extensions: [choice.format] }],
  }
  const { canceled, filePath } =
    window === null ? await dialog.showSaveDialog(question) : await dialog.showSaveDialog(window, question)
  if (canceled || filePath === '') return null
  const rows = await allRows(link, choice)
  const text = choice.format === 'csv' ? trafficCsv(rows) : trafficJson(rows)
  try {
    await writeFile(filePath, text)
  } catch (cause) {
    throw new WarrenError('export.unwritable', `${filePath} cannot be written.`, {
      fix: 'Choose another folder, or make room on the disk.',
      cause,
    })
  }
  return { file: filePath }
}

/** What the file is called unless the person says otherwise: `warren-traffic-db-days.csv`. */
export function fileName({ name, by, format }: Choice): string {
  const safe = (name ?? '')
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
  return `warren-traffic-${safe === '' ? '' : `${safe}-`}${by === 'day' ? 'days' : 'hours'}.${format}`
}

/** Every row, oldest first, asked for in pages; the hour or day at the seam of two pages is asked for twice and kept once. */
export async function allRows(link: Ask, { id, by }: Pick<Choice, 'id' | 'by'>): Promise<readonly TrafficRow[]> {
  const rows = new Map<string, TrafficRow>()
  let from: string | undefined
  for (;;) {
    const params: RpcParams<'traffic.rows'> = { id, by, limit: PAGE, ...(from === undefined ? {} : { from }) }
    const page = await link.call('traffic.rows', params)
    const before = rows.size
    for (const row of page) rows.set(`${row.id} ${row.from}`, row)
    if (page.length < PAGE || rows.size === before) return [...rows.values()]
    from = page.at(-1)?.from
  }
}

// --- internal ---

function folder(): string {
  try {
    return app.getPath('documents')
  } catch {
    // A system without such a folder.
    return homedir()
  }
}
