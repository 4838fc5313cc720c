/**
 * The one file that touches `ipcMain`.
 *
 * A request is answered only when it comes from our window's top frame showing our page, names a request of the contract, is of
 * a sane size and parses. Whatever is thrown crosses as data.
 */
import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import { toFault, WarrenError } from '@shared/errors'
import {
  APP_CHANNEL,
  appParams,
  DAEMON_CHANNEL,
  EVENT_CHANNEL,
  windowMethods,
  type AppMethod,
  type AppResults,
  type WindowEvents,
  type WindowMethod,
} from '@shared/ipc'
import type { Result } from '@shared/result'
import { rpcParams } from '@shared/rpc'
import type { z } from 'zod'
import { isAppUrl } from './app-protocol'
import { judgeMessage } from './message-size'
import { invalidParams } from './params-fault'

type Parsed<M extends AppMethod> = z.output<(typeof appParams)[M]>
export type AppHandlers = {
  readonly [M in AppMethod]: (params: Parsed<M>) => AppResults[M] | Promise<AppResults[M]>
}

export interface IpcOptions {
  /** The window that may ask, `null` while there is none. */
  readonly trusted: () => WebContents | null
  /** Passes a parsed daemon request on. */
  readonly daemon: (method: WindowMethod, params: unknown) => Promise<unknown>
  readonly app: AppHandlers
}

export function setupIpc(options: IpcOptions): void {
  const { trusted, daemon, app } = options
  ipcMain.handle(DAEMON_CHANNEL, (event, method: unknown, params: unknown) =>
    answer(event, trusted, () => {
      const known = windowMethods.find((name) => name === method)
      if (known === undefined) throw unknownMethod()
      return daemon(known, parse(rpcParams[known], known, params))
    }),
  )
  ipcMain.handle(APP_CHANNEL, (event, method: unknown, params: unknown) =>
    answer(event, trusted, () => {
      if (typeof method !== 'string' || !Object.hasOwn(appParams, method)) throw unknownMethod()
      const known = method as AppMethod
      return callApp(app, known, parse(appParams[known], known, params))
    }),
  )
  // electron-store opens a channel for stores inside a page; ours live in main alone.
  ipcMain.removeAllListeners('electron-store-get-data')
}

/** Tells a window something. The names are the contract's, so a misspelt event does not compile. */
export function sendEvent<E extends keyof WindowEvents>(to: WebContents, event: E, payload: WindowEvents[E]): void {
  if (!to.isDestroyed()) to.send(EVENT_CHANNEL, event, payload)
}

/** What the check needs of Electron's event. */
export interface SenderFacts {
  readonly sender: unknown
  /** `null` when the frame is gone already. */
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null
}

/** Whether a message comes from the top frame of our window, showing our page. */
export function isTrustedSender(event: SenderFacts, trusted: unknown): boolean {
  if (trusted === null || event.sender !== trusted) return false
  const frame = event.senderFrame
  return frame !== null && frame.parent === null && isAppUrl(frame.url)
}

async function answer(
  event: IpcMainInvokeEvent,
  trusted: () => WebContents | null,
  handle: () => unknown,
): Promise<Result<unknown>> {
  try {
    if (!isTrustedSender(event, trusted())) {
      throw new WarrenError('ipc.untrusted-sender', 'A request came from a page that is not part of Warren.')
    }
    return { ok: true, value: await handle() }
  } catch (error) {
    return { ok: false, fault: toFault(error) }
  }
}

function parse<S extends z.ZodType>(schema: S, method: string, params: unknown): z.output<S> {
  const verdict = judgeMessage(params)
  if (verdict === 'too-large') throw new WarrenError('rpc.too-large', `The request ${method} is too large.`)
  if (verdict === 'not-data') throw new WarrenError('rpc.invalid', `The request ${method} is not plain data.`)
  const parsed = schema.safeParse(params)
  if (!parsed.success) throw invalidParams(method, parsed.error.issues)
  return parsed.data
}

function callApp<M extends AppMethod>(app: AppHandlers, method: M, params: Parsed<M>): unknown {
  return app[method](params)
}

function unknownMethod(): WarrenError {
  return new WarrenError('rpc.unknown-method', 'Warren has no such request.')
}
