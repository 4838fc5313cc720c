/** What the environment says about the server. Every variable is checked before anything is opened. */
import { z } from 'zod'

const DAY_SECONDS = 86_400

/** Long enough for what somebody mistyped. */
const MAX_QUOTED = 60
const quoted = (value: unknown): string => JSON.stringify(String(value).slice(0, MAX_QUOTED))

/** `means` says the values within a sentence. */
const oneOf = <const T extends string>(values: readonly T[], means: string) =>
  z.enum(values, { error: ({ input }) => `must be ${means}, not ${quoted(input)}` })
const wholeNumber = (least: number, most: number) => {
  const error = ({ input }: { readonly input?: unknown }): string =>
    `must be a whole number from ${least} to ${most}, not ${quoted(input)}`
  return z
    .string()
    .trim()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most, { error })
    .transform(Number)
}
const flag = oneOf(['0', '1', 'true', 'false'], '1 or 0').transform((value) => value === '1' || value === 'true')
/** Not quoted when it is wrong: addresses can hold passwords. */
const address = z.url({
  protocol: /^https?$/,
  error: 'must be a whole address that begins with https:// or http://',
})
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
)

const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  /** The folder of the SQLite file and the signing key. */
  WARREN_CLOUD_DATA: z.string().min(1).optional(),
  /** `postgres://…` in place of the file; several instances may share one. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  WARREN_CLOUD_REGISTRATION: oneOf(['open', 'invite', 'closed'], 'open, invite or closed').default('invite'),
  /** Where people reach it, for links. Default: what it listens on. */
  WARREN_CLOUD_URL: address.optional(),
  /** Signs the tokens in place of the generated key; at least 32 characters. */
  WARREN_CLOUD_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  /** Seconds; the document's server says 7 days. */
  WARREN_CLOUD_TOKEN_SECONDS: wholeNumber(60, 90 * DAY_SECONDS).default(7 * DAY_SECONDS),
  WARREN_CLOUD_REFRESH_SECONDS: wholeNumber(60, 365 * DAY_SECONDS).default(60 * DAY_SECONDS),
  /** Origins of browsers that may call it, with commas between; none by default. */
  WARREN_CLOUD_CORS: list.default([]),
  /** True behind a proxy that sets `X-Forwarded-For`: its last entry is the caller. */
  WARREN_CLOUD_TRUST_PROXY: flag.default(false),
  /** An identity provider whose tokens are accepted too; all three or none. */
  WARREN_CLOUD_OIDC_ISSUER: address.optional(),
  WARREN_CLOUD_OIDC_AUDIENCE: z.string().min(1).optional(),
  WARREN_CLOUD_OIDC_JWKS: address.optional(),
})

export interface IdentityProvider {
  readonly issuer: string
  readonly audience: string
  readonly jwks: string
}

export interface CloudConfig {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly databaseUrl: string | null
  readonly registration: 'open' | 'invite' | 'closed'
  readonly url: string | null
  readonly secret: string | null
  readonly tokenSeconds: number
  readonly refreshSeconds: number
  readonly corsOrigins: readonly string[]
  readonly trustProxy: boolean
  readonly identityProvider: IdentityProvider | null
}

export class ConfigFault extends Error {}

/** Throws {@link ConfigFault} with one line for each variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv, defaultFolder: string): CloudConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    throw new ConfigFault(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`).join('\n'))
  }
  const read = parsed.data
  return {
    host: read.HOST,
    port: read.PORT,
    data: read.WARREN_CLOUD_DATA ?? defaultFolder,
    databaseUrl: read.DATABASE_URL ?? null,
    registration: read.WARREN_CLOUD_REGISTRATION,
    url: read.WARREN_CLOUD_URL?.replace(/\/+$/, '') ?? null,
    secret: read.WARREN_CLOUD_SECRET ?? null,
    tokenSeconds: read.WARREN_CLOUD_TOKEN_SECONDS,
    refreshSeconds: read.WARREN_CLOUD_REFRESH_SECONDS,
    corsOrigins: read.WARREN_CLOUD_CORS,
    trustProxy: read.WARREN_CLOUD_TRUST_PROXY,
    identityProvider: providerOf(read),
  }
}

// --- internal ---

function providerOf(read: z.output<typeof environment>): IdentityProvider | null {
  const { WARREN_CLOUD_OIDC_ISSUER: issuer, WARREN_CLOUD_OIDC_AUDIENCE: audience, WARREN_CLOUD_OIDC_JWKS: jwks } = read
  if (issuer === undefined && audience === undefined && jwks === undefined) return null
  if (issuer === undefined || audience === undefined || jwks === undefined) {
    throw new ConfigFault('WARREN_CLOUD_OIDC_ISSUER, _AUDIENCE and _JWKS go together: set all three or none.')
  }
  return { issuer, audience, jwks }
}
