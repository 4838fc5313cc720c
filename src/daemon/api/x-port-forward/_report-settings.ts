/** Where reports go and how the last one fared; saved across restarts. */
import { reportSettingsSchema } from '@shared/apis'
import { WarrenError } from '@shared/errors'
import { z } from 'zod'
import type { Store } from '../../store/index'

const savedSchema = reportSettingsSchema.extend({
  /** ISO 8601. */
  lastSuccess: z.string().nullable().default(null),
  /** Unix milliseconds. */
  lastTry: z.number().nullable().default(null),
})
export type ReportRecord = z.output<typeof savedSchema>

const KEY = 'x-port-forward.report'

export async function loadReport(store: Pick<Store, 'getMeta'>): Promise<ReportRecord> {
  const saved = savedSchema.safeParse(parse(await store.getMeta(KEY)))
  return saved.success ? saved.data : savedSchema.parse({ url: null })
}

export async function saveReport(store: Pick<Store, 'setMeta'>, record: ReportRecord): Promise<void> {
  await store.setMeta(KEY, JSON.stringify(record))
}

/** Secrets never reach the store: an address may not carry a login. */
export function refuseLogin(address: string | null): void {
  if (address === null) return
  const { username, password } = new URL(address)
  if (username === '' && password === '') return
  throw new WarrenError('spec.invalid', 'The address for reports must not contain a user name or password.', {
    fix: 'Let the panel know Warren by its address, or by a path that nobody guesses.',
    field: 'url',
  })
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
