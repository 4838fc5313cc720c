/** What the store keeps of a control API. Its key is a secret, and kept apart. */
import { z } from 'zod'
import { API_HOST, API_PORTS, apiNames, apiNameSchema, type ApiName } from '@shared/apis'
import type { Store } from '../store/index'

const settingsSchema = z.object({
  listen: z.object({ host: z.string().min(1), port: z.int().min(0).max(65_535) }),
  tls: z.object({ certificateFile: z.string().min(1), keyFile: z.string().min(1) }).nullable(),
})
export type ApiSettings = z.output<typeof settingsSchema> & { readonly enabled: boolean }

/** Under which name the key is kept beside the secrets of servers. */
export function apiSecretOwner(name: ApiName): string {
  return `api:${name}`
}

export function defaultSettings(name: ApiName): ApiSettings {
  return { enabled: false, listen: { host: API_HOST, port: API_PORTS[name] }, tls: null }
}

/** Every control API; one whose row cannot be read is off, as if it were new. */
export async function loadSettings(store: Pick<Store, 'apiSettings'>): Promise<ReadonlyMap<ApiName, ApiSettings>> {
  const all = new Map(apiNames.map((name) => [name, defaultSettings(name)]))
  for (const row of await store.apiSettings()) {
    const name = apiNameSchema.safeParse(row.name)
    const settings = settingsSchema.safeParse(parseJson(row.settings))
    if (name.success && settings.success) all.set(name.data, { ...settings.data, enabled: row.enabled })
  }
  return all
}

export async function saveSettings(
  store: Pick<Store, 'saveApiSettings'>,
  name: ApiName,
  { enabled, listen, tls }: ApiSettings,
): Promise<void> {
  await store.saveApiSettings({ name, enabled, settings: JSON.stringify({ listen, tls }) })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // As a row that says something else.
    return null
  }
}
