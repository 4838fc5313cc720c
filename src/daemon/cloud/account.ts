/** The account: signing in and out, and coming back to it when the daemon starts. */
import { WarrenError } from '@shared/errors'
import type { RpcParsed } from '@shared/rpc'
import { createCloudClient, type CloudClient, type CloudUser, type Tokens, type TokenStore } from '@sync'
import { openKeychain } from './keychain'
import { partsOfAddress } from './_links'
import type { AccountRecord, Keychain } from './types'

export interface AccountOptions {
  /** The data folder. */
  readonly home: string
  readonly device: { readonly id: string; readonly name: string }
  /** Of the last login, also when it was signed out since. */
  readonly record: () => AccountRecord | null
  readonly log: (message: string) => void
  /** For tests. */
  readonly createClient?: typeof createCloudClient
}

/** A login. Whoever composes saves `record`. */
export interface AccountSession {
  readonly record: AccountRecord
  readonly client: CloudClient
  readonly keychain: Keychain
  /** What must not be written down: tokens and the private key. */
  readonly secrets: () => readonly string[]
}

export interface Account {
  /** Throws `cloud.*`, `secret.no-keyring` before anything is asked of the server. */
  readonly login: (params: RpcParsed<'cloud.login'>) => Promise<AccountSession>
  /** With the address of a server, or the link of an invitation. */
  readonly register: (params: RpcParsed<'cloud.register'>) => Promise<AccountSession>
  /** Forgets the login here, whether the server can be told or not; with it the key of the account. */
  readonly logout: (session: AccountSession) => Promise<void>
  /** The same of a login that cannot be had: what rests of it goes, and no server is told. */
  readonly forget: () => Promise<void>
  /**
   * The login that was kept; `null` when nobody is signed in. Throws `cloud.login-needed` when it was kept in memory only, else what
   * {@link openKeychain} throws.
   */
  readonly restore: () => Promise<AccountSession | null>
}

type Access = Pick<RpcParsed<'cloud.login'>, 'keep' | 'insecure'> & { readonly url: string }

export function createAccount(options: AccountOptions): Account {
  const { home, log } = options
  const sessionOf = (record: AccountRecord, keychain: Keychain): AccountSession => {
    const client = clientFor(options, record, {
      get: () => keychain.get().tokens,
      set: (tokens) => keychain.set({ tokens }),
    })
    return { record, client, keychain, secrets: () => secretsIn(keychain) }
  }
  const enter = async (access: Access, ask: (client: CloudClient) => Promise<CloudUser>): Promise<AccountSession> => {
    const before = options.record()
    const keychain = await openKeychain({ home, url: access.url, keep: access.keep, isNew: true })
    const privateKey = await keyBefore(options, keychain)
    // Tokens rest together with whose they are.
    let tokens: Tokens | null = null
    const got: TokenStore = {
      get: () => tokens,
      set: (next) => {
        tokens = next
        return Promise.resolve()
      },
    }
    const { id, ...user } = await ask(clientFor(options, access, got))
    // The same person keeps the key that was unlocked here; another one must not find it.
    const isSame = before?.userId === id && before.url === access.url
    await keychain.set({ tokens, userId: id, url: access.url, privateKey: isSame ? privateKey : null })
    const record = { url: access.url, userId: id, ...user, keeps: access.keep, insecure: access.insecure }
    await clearOther(options, record)
    return sessionOf({ ...record, isSignedIn: true }, keychain)
  }
  return {
    login: ({ url, email, password, keep, insecure }) =>
      enter({ url: partsOfAddress(url).url, keep, insecure }, (client) => client.login({ email, password })),
    register: ({ url: link, email, username, password, keep, insecure }) => {
      const { url, token } = partsOfAddress(link)
      const who = { email, username, password, invitation: token }
      return enter({ url, keep, insecure }, (client) => client.register(who))
    },
    logout: async ({ client, keychain }) => {
      try {
        await client.logout()
      } catch (error) {
        log(`the cloud was not told of the logout: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        await keychain.clear()
      }
    },
    forget: async () => {
      const record = options.record()
      if (record !== null) await clearPlace(options, record)
    },
    restore: async () => {
      const record = options.record()
      if (record === null || !record.isSignedIn) return null
      const keychain = await openKeychain({ home, url: record.url, keep: record.keeps })
      const { tokens, userId = record.userId, url = record.url } = keychain.get()
      if (tokens === null) throw loginNeeded(record, 'was kept in memory only')
      // The daemon ended between the login of another account and what is written of it.
      if (userId !== record.userId || url !== record.url) throw loginNeeded(record, 'is that of another account')
      return sessionOf(record, keychain)
    },
  }
}

// --- internal ---

function clientFor(
  { createClient = createCloudClient, device }: AccountOptions,
  { url, insecure }: Pick<Access, 'url' | 'insecure'>,
  tokens: TokenStore,
): CloudClient {
  return createClient({ url, tokens, device, insecure })
}

/** Of the place where the login rested before, which may be another one. */
async function keyBefore({ home, record, log }: AccountOptions, keychain: Keychain): Promise<string | null> {
  const before = record()
  if (before === null || before.keeps === keychain.keeps) return keychain.get().privateKey
  try {
    return (await openKeychain({ home, url: before.url, keep: before.keeps, isNew: true })).get().privateKey
  } catch (error) {
    log(`the login before cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

/** The login before rests in one place only: this one. */
async function clearOther(
  { home, record, log }: AccountOptions,
  now: Pick<AccountRecord, 'url' | 'keeps'>,
): Promise<void> {
  const before = record()
  if (before === null || (before.url === now.url && before.keeps === now.keeps)) return
  // One file whatever the address: it holds the new login by now.
  if (before.keeps === 'file' && now.keeps === 'file') return
  await clearPlace({ home, log }, before)
}

async function clearPlace(
  { home, log }: Pick<AccountOptions, 'home' | 'log'>,
  { url, keeps }: Pick<AccountRecord, 'url' | 'keeps'>,
): Promise<void> {
  try {
    await (await openKeychain({ home, url, keep: keeps, isNew: true })).clear()
  } catch (error) {
    log(`the login before cannot be taken away: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function secretsIn(keychain: Keychain): readonly string[] {
  const { tokens, privateKey } = keychain.get()
  return [tokens?.token, tokens?.refreshToken, privateKey].filter((secret) => typeof secret === 'string')
}

function loginNeeded({ url }: AccountRecord, why: string): WarrenError {
  return new WarrenError('cloud.login-needed', `The login at ${url} ${why}.`, {
    fix: 'Sign in again.',
  })
}
