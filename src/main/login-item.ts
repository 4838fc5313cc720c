/** Start at login, hidden. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import writeFileAtomic from 'write-file-atomic'
import { WarrenError } from '@shared/errors'
import { autostartEntry } from './autostart'
import { log } from './log'
import type { SettingsStore } from './settings'

const HIDDEN = '--hidden'

/** Keeps the system's list in step with the setting; at start too, because the app may have moved. */
export function setupLoginItem(settings: SettingsStore): void {
  settings.onChange((now, before) => {
    if (now.startAtLogin !== before.startAtLogin) apply(now.startAtLogin)
  })
  if (!settings.get().startAtLogin) return
  try {
    apply(true)
  } catch (error) {
    log('warn', 'Start at login could not be renewed', error)
  }
}

function apply(enabled: boolean): void {
  if (process.platform === 'linux') {
    applyAutostart(enabled)
    return
  }
  app.setLoginItemSettings({ openAtLogin: enabled, path: process.execPath, args: [...appArguments(), HIDDEN] })
}

function applyAutostart(enabled: boolean): void {
  const config = process.env['XDG_CONFIG_HOME']
  const file = join(
    config === undefined || config === '' ? join(homedir(), '.config') : config,
    'autostart',
    'warren.desktop',
  )
  try {
    if (!enabled) {
      rmSync(file, { force: true })
      return
    }
    const text = autostartEntry([programPath(), ...appArguments(), HIDDEN])
    if (readText(file) === text) return
    // Two steps: a recursive mkdir never returns below /proc.
    for (const folder of [dirname(dirname(file)), dirname(file)]) if (!existsSync(folder)) mkdirSync(folder)
    writeFileAtomic.sync(file, text)
  } catch (error) {
    throw new WarrenError('store.unwritable', `Start at login cannot be set: ${file} cannot be written.`, {
      field: file,
      cause: error,
    })
  }
}

/** An AppImage runs from a folder that is gone after it ends; the file itself is named in its environment. */
function programPath(): string {
  return process.env['APPIMAGE'] ?? process.execPath
}

/** In development Electron is told which folder to run. */
function appArguments(): readonly string[] {
  return app.isPackaged ? [] : [app.getAppPath()]
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
