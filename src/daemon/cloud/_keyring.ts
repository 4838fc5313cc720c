/**
 * The desktop's keyring: Secret Service, Keychain or Credential Manager.
 *
 * Each question runs in a thread of its own: a locked keyring answers when the person has typed its password, and the native part waits for
 * that without letting its thread go.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { WarrenError } from '@shared/errors'

const SERVICE = 'Warren'
/** A person may have to unlock it. */
const ANSWER_MS = 120_000
const MS_PER_SECOND = 1000

/** On Linux only the Secret Service: the fallback, the kernel's keyring, forgets at the next boot. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { Entry } = require(workerData.library)
  const { service, account, ask, text } = workerData
  const entry = new Entry(service, account, { linux: { store: 'secret-service' } })
  const answer = ask === 'get' ? entry.getPassword() : ask === 'set' ? entry.setPassword(text) : entry.deleteCredential()
  parentPort.postMessage(answer === undefined ? null : answer)`

const needed = { library: '@napi-rs/keyring' } as const
const { resolve } = createRequire(import.meta.url)

export interface KeyringEntry {
  /** `null` when there is none. All throw `secret.no-keyring`. */
  readonly get: () => Promise<string | null>
  readonly set: (text: string) => Promise<void>
  readonly clear: () => Promise<void>
}

export function keyringEntry(account: string): KeyringEntry {
  return {
    get: async () => {
      const answer = await inKeyring({ account, ask: 'get' })
      return typeof answer === 'string' ? answer : null
    },
    set: async (text) => {
      await inKeyring({ account, ask: 'set', text })
    },
    clear: async () => {
      await inKeyring({ account, ask: 'clear' })
    },
  }
}

// --- internal ---

function inKeyring(question: { account: string; ask: 'get' | 'set' | 'clear'; text?: string }): Promise<unknown> {
  return new Promise((done, fail) => {
    let worker: Worker
    try {
      const workerData = { library: resolve(needed.library), service: SERVICE, ...question }
      worker = new Worker(PROGRAM, { eval: true, workerData })
    } catch (error) {
      fail(noKeyring(error))
      return
    }
    // The end of the daemon does not wait for somebody to unlock it.
    worker.unref()
    const timer = setTimeout(() => {
      fail(noKeyring(new Error(`it did not answer within ${ANSWER_MS / MS_PER_SECOND} s`)))
      void worker.terminate()
    }, ANSWER_MS)
    timer.unref()
    worker.once('message', (answer: unknown) => done(answer))
    worker.once('error', (error) => fail(noKeyring(error)))
    worker.once('exit', () => {
      clearTimeout(timer)
      fail(noKeyring(new Error('it gave no answer')))
    })
  })
}

/** Without a session bus the library speaks of a platform failure or of access that was denied: it is all the same to a person. */
function noKeyring(cause: unknown): WarrenError {
  return new WarrenError('secret.no-keyring', 'The keychain of this desktop cannot be used for the login.', {
    fix: 'Unlock it or start one; or keep the login in a file that only you can read, or in memory until Warren ends.',
    field: 'keep',
    cause,
  })
}
