import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { startSessionBus, startVirtualDisplay } from '../../scripts/_desktop.mjs'
import { findElectron } from '../../scripts/_electron.mjs'
import { root } from '../../scripts/_places.mjs'
import { startKeyring } from './_desktop-keyring'
import { endAll, type Belonging } from './_desktop-leftovers'

const LAUNCH_MS = 60_000
const CLOSE_MS = 10_000
const KEYRING_PASSWORD = 'correct horse'

/** A desktop of its own: display, session bus, unlocked keyring and a private home. */
export interface Desktop {
  /** The private home folder; removed at the end. */
  readonly home: string
  /** What programs of this desktop need in their environment. */
  readonly env: Readonly<Record<string, string>>
  readonly display: string
  launchApp: (options?: LaunchOptions) => Promise<LaunchedApp>
  /** Ends everything that was started in it, daemons too, and removes the home. May be called twice. */
  stop: () => Promise<void>
}

export interface LaunchOptions {
  /** The data folder of the app and daemon (`WARREN_HOME`); `home`/warren by default. */
  readonly home?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The folder of the app; this repository by default. */
  readonly folder?: string
}

export interface LaunchedApp {
  readonly app: ElectronApplication
  /** The first window. */
  readonly page: Page
  /** Of the main process, which leads the process group of the app. */
  readonly electronPid: number
  /** Quits as Playwright does, and kills when that takes more than 10 s. */
  close: () => Promise<void>
  /** `kill -9` of the main process; resolves when it is gone. */
  kill9: () => Promise<void>
}

/**
 * Starts a desktop for tests of the real app.
 *
 * @param options.keyring false leaves the keyring out, as on a bare machine; default true
 * @param options.size of the display; default 1440x900
 */
export async function startDesktop(options: { keyring?: boolean; size?: string } = {}): Promise<Desktop> {
  const base = await mkdtemp(join(tmpdir(), 'warren-desktop-'))
  const mark = randomUUID()
  const env = await privateEnvironment(base, mark)
  let stopped: Promise<void> | undefined
  const services: { stop: () => Promise<void> }[] = []
  const apps: number[] = []
  const stop = (): Promise<void> => {
    stopped ??= stopAll(services, { mark: `WARREN_TEST_DESKTOP=${mark}`, groups: apps }).finally(() =>
      rm(base, { recursive: true, force: true }),
    )
    return stopped
  }
  try {
    const display = await startVirtualDisplay({ env, size: options.size ?? '1440x900' })
    services.push(display)
    Object.assign(env, display.env)
    const bus = await startSessionBus({ env })
    services.push(bus)
    Object.assign(env, bus.env)
    if (options.keyring ?? true) services.push(await startKeyring(env, KEYRING_PASSWORD))
    const home = join(base, 'home')
    const launchApp = async (launch: LaunchOptions = {}): Promise<LaunchedApp> => {
      const launched = await launchIn(env, { home: join(home, 'warren'), ...launch })
      if (launched.electronPid > 0) apps.push(launched.electronPid)
      return launched
    }
    return { home, env, display: display.display, launchApp, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Writes what the window shows to tests/.screenshots/NAME-THEME.png.
 *
 * The theme is set in the page for the picture, so the app must follow `prefers-color-scheme`.
 */
export async function screenshot(page: Page, name: string, theme: 'light' | 'dark'): Promise<string> {
  const path = join(root, 'tests/.screenshots', `${name}-${theme}.png`)
  await page.emulateMedia({ colorScheme: theme })
  await page.screenshot({ path, animations: 'disabled' })
  return path
}

async function launchIn(
  desktop: Record<string, string>,
  options: LaunchOptions & { home: string },
): Promise<LaunchedApp> {
  const runtime = findElectron()
  if (!runtime) throw new Error('No Electron is there: run `npm run setup -- --test` first.')
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const launch = {
    executablePath: runtime.executable,
    args: [...sandbox, options.folder ?? root, ...(options.args ?? [])],
    env: { ...desktop, WARREN_HOME: options.home, WARREN_NODE: process.execPath, ...options.env },
    cwd: options.folder ?? root,
    timeout: LAUNCH_MS,
  }
  // Once in several dozen launches the debugger's connection is never answered; Playwright ends that process itself.
  const app = await _electron.launch(launch).catch(() => _electron.launch(launch))
  const child = app.process()
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill9 = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await gone
    }
  }
  const close = async (): Promise<void> => {
    const force = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
    await app.close().finally(() => clearTimeout(force))
  }
  try {
    return { app, page: await app.firstWindow({ timeout: LAUNCH_MS }), electronPid: child.pid ?? 0, close, kill9 }
  } catch (error) {
    await kill9()
    throw error
  }
}

async function privateEnvironment(base: string, mark: string): Promise<Record<string, string>> {
  const folders = {
    HOME: join(base, 'home'),
    XDG_CONFIG_HOME: join(base, 'home/.config'),
    XDG_DATA_HOME: join(base, 'home/.local/share'),
    XDG_STATE_HOME: join(base, 'home/.local/state'),
    XDG_CACHE_HOME: join(base, 'home/.cache'),
    XDG_RUNTIME_DIR: join(base, 'run'),
  }
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    // Chromium picks its keyring by the desktop's name.
    XDG_CURRENT_DESKTOP: 'GNOME',
    WARREN_TEST_DESKTOP: mark,
    // No accessibility bus: it would outlive its users by a while.
    NO_AT_BRIDGE: '1',
    ...folders,
  }
}

async function stopAll(services: { stop: () => Promise<void> }[], belonging: Required<Belonging>): Promise<void> {
  // First: without a display they would end by themselves, but not at once, and write into the home until then.
  await endAll({ groups: belonging.groups })
  for (const service of services.splice(0).reverse()) await service.stop()
  await endAll(belonging)
}
