/** Control APIs: how other programs drive Warren over HTTP. Off until somebody turns them on. */
import { z } from 'zod'
import { anyPort, filePath, host } from './_fields'
import type { Fault } from './errors'

export const apiNames = ['x-port-forward', 'metrics'] as const
export type ApiName = (typeof apiNames)[number]
export const apiNameSchema = z.enum(apiNames, `must be one of ${apiNames.join(', ')}`)

/** Where each listens unless told otherwise. */
export const API_PORTS = { 'x-port-forward': 2333, metrics: 9464 } as const satisfies Record<ApiName, number>
export const API_HOST = '127.0.0.1'

const MAX_KEY = 1024

export const apiEnableSchema = z.strictObject({
  name: apiNameSchema,
  /** Kept as it is when missing. */
  listen: z
    .strictObject({ host: host.refine((value) => !value.startsWith('/'), 'must be an address'), port: anyPort })
    .optional(),
  /**
   * What callers must know; kept as it is when missing. Of x-port-forward the auth key, without which it does not start; of metrics a
   * bearer token, `null` for none. It rests in the 0600 secrets file, never in the store.
   */
  key: z.string().min(1, 'must not be empty').max(MAX_KEY, 'is too long').nullable().optional(),
  /** PEM files for HTTPS; `null` for HTTP. Kept as it is when missing. */
  tls: z.strictObject({ certificateFile: filePath, keyFile: filePath }).nullable().optional(),
})
export type ApiEnable = z.input<typeof apiEnableSchema>

export interface ApiView {
  readonly name: ApiName
  readonly enabled: boolean
  readonly state: 'stopped' | 'running' | 'failed'
  /** While it runs, with the port that was chosen. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly hasKey: boolean
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | null
  /** Whether other machines can reach it. */
  readonly exposed: boolean
  readonly fault: Fault | null
}

/** Seconds between reports: the 23 minutes of the original. */
export const REPORT_SECONDS = 23 * 60

export const reportSettingsSchema = z.strictObject({
  /** Where reports are posted; `null`: nowhere. */
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .max(2000, 'is too long')
    .nullable(),
  intervalSeconds: z.int().min(1, 'must be at least 1').max(86_400, 'must be at most 86400').default(REPORT_SECONDS),
})
export type ReportSettings = z.input<typeof reportSettingsSchema>

export interface ReportState {
  readonly url: string | null
  readonly intervalSeconds: number
  /** Rows that were not acknowledged yet. */
  readonly waiting: number
  /** ISO 8601 of the last one that was taken; `null`: none yet. */
  readonly lastSuccess: string | null
  /** Why the last one was not taken; `null` when it was. */
  readonly fault: Fault | null
}

/** One call of a control API. Never carries a key or signature. */
export interface AuditEntry {
  readonly id: number
  readonly at: string
  readonly api: ApiName
  /** Address of the caller. */
  readonly caller: string
  readonly action: string
  /** Name of the relay, or empty. */
  readonly subject: string
  /** What was answered, in short: `200/27 Forward Found`. */
  readonly result: string
}
