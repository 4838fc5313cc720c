/**
 * The whole surface between the renderer and main.
 *
 * The renderer asks (`Requests`), main answers with a {@link Result}; main tells (`Events`). Daemon requests that a window may
 * make are listed by name; there is no way to name another.
 */
import { z } from 'zod'
import type { Fault } from './errors'
import type { AppCommand, AppEventName, AppMethod, WindowMethod } from './ipc-names'
import { needAnswerSchema } from './needs'
import type { Result } from './result'
import type { RpcNotifications, RpcParams, RpcResults } from './rpc'
import { settingsPatchSchema, type Settings } from './settings'

export {
  APP_CHANNEL,
  DAEMON_CHANNEL,
  EVENT_CHANNEL,
  windowMethods,
  type AppCommand,
  type AppMethod,
  type WindowMethod,
} from './ipc-names'

const none = z.undefined()

/** Requests that main answers itself. */
export const appParams = {
  /** Everything the first paint needs, in one round trip. */
  'app.hello': none,
  'app.settings': settingsPatchSchema,
  /** Answers a need; `save` keeps a password or passphrase, sealed by the desktop's keyring. */
  'app.answerNeed': z.strictObject({ id: z.string().min(1).max(100), answer: needAnswerSchema, save: z.boolean() }),
  /** Opens an http(s) address on this machine or a documentation page in the browser; anything else is refused. */
  'app.openExternal': z.url({ protocol: /^https?$/ }).max(2000),
  'app.copy': z.string().max(100_000),
  'app.pickKeyFile': none,
  /** A PEM file: the certificate or the key of a control API. */
  'app.pickCertificateFile': z.enum(['certificate', 'key']),
  /** Writes what was counted into a file that the person chooses; resolves with its path, or `null` when they chose none. */
  'app.exportTraffic': z.strictObject({
    /** `null`: all forwards and relays. */
    id: z.string().min(1).max(100).nullable(),
    /** For the name of the file. */
    name: z.string().max(200).nullable(),
    by: z.enum(['hour', 'day']),
    format: z.enum(['csv', 'json']),
  }),
  'app.openDataFolder': none,
  /** What is saved for each server; the secrets themselves stay with main. */
  'app.savedSecrets': none,
  /** Saved secrets of one server (or all) are forgotten. */
  'app.forgetSecrets': z.strictObject({ serverId: z.string().min(1).max(100).nullable() }),
  /** Ends a daemon of another version and starts this one. */
  'app.restartDaemon': none,
  /** Marks for the start-up measure: the list is on screen and usable. */
  'app.usable': none,
} as const satisfies Record<AppMethod, z.ZodType>
export type AppParams<M extends AppMethod> = z.input<(typeof appParams)[M]>

export interface AppHello {
  readonly version: string
  readonly electron: string
  readonly platform: string
  readonly homeDir: string
  /** The local user, who logs in where a server names nobody. */
  readonly username: string
  readonly settings: Settings
  readonly keyring: Keyring
  readonly daemon: DaemonLink
  /** True when started with `--demo`. */
  readonly demo: boolean
}

export interface Keyring {
  readonly available: boolean
  /** `gnome_libsecret`, `kwallet6`, `keychain`, `dpapi`, `basic_text` (not a keyring), … */
  readonly backend: string
}

/** A secret that main keeps: whose it is, never what it is. */
export interface SavedSecret {
  readonly serverId: string
  readonly kind: 'password' | 'passphrase'
  /** The user name, the path of the key file, or `proxy` and the login there. */
  readonly subject: string
}

/** How main stands to the daemon. */
export type DaemonLink =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'lost'; readonly fault: Fault }
  | { readonly state: 'other-version'; readonly theirs: string; readonly ours: string; readonly running: number }

export interface AppResults {
  'app.hello': AppHello
  'app.settings': Settings
  'app.answerNeed': null
  'app.openExternal': null
  'app.copy': null
  'app.pickKeyFile': string | null
  'app.pickCertificateFile': string | null
  'app.exportTraffic': { readonly file: string } | null
  'app.openDataFolder': null
  'app.savedSecrets': readonly SavedSecret[]
  'app.forgetSecrets': null
  'app.restartDaemon': null
  'app.usable': null
}

/** What main tells its windows: the daemon's notifications as they come, and its own. */
interface AppEventPayloads {
  'app.daemon': DaemonLink
  'app.settings': Settings
  /** The tray, a menu or a notification wants this on screen. */
  'app.navigate': {
    readonly screen: 'forwards' | 'relays' | 'servers' | 'cloud' | 'activity' | 'settings'
    readonly id: string | null
  }
  /** A menu item was chosen; the window acts as for its key. */
  'app.command': { readonly command: AppCommand }
  'app.keyring': Keyring
}
export type AppEvents = { readonly [E in AppEventName]: AppEventPayloads[E] }

export type WindowEvents = RpcNotifications & AppEvents
export type WindowEvent = keyof WindowEvents

/** What the preload exposes as `window.api`. */
export interface Api {
  readonly daemon: {
    readonly [M in WindowMethod]: (params: RpcParams<M>) => Promise<Result<RpcResults[M]>>
  }
  readonly app: {
    readonly [M in AppMethod]: (params: AppParams<M>) => Promise<Result<AppResults[M]>>
  }
  /** Calls `listener` for every event of this name; returns the way to stop. */
  readonly on: <E extends WindowEvent>(event: E, listener: (payload: WindowEvents[E]) => void) => () => void
}
