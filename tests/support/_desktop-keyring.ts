import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../scripts/_run.mjs'
import { stopper } from '../../scripts/_desktop.mjs'

const READY_MS = 60_000
const ASK_AGAIN_MS = 50

/**
 * Starts a real gnome-keyring on a session bus and unlocks its login keyring.
 *
 * @param env where the bus and the home folder are; the keyring's files go below that home
 * @param password what locks the keyring
 */
export async function startKeyring(env: NodeJS.ProcessEnv, password: string): Promise<{ stop: () => Promise<void> }> {
  const args = ['--unlock', '--foreground', '--components=secrets']
  const child = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const stop = stopper(child)
  child.stdin.end(password)
  const since = performance.now()
  // Nobody may ask the bus for secrets before the keyring owns the name, or the bus starts a second, locked one.
  while (!(await ownsSecrets(env))) {
    if (child.exitCode !== null || performance.now() - since > READY_MS) {
      await stop()
      throw new Error(`gnome-keyring-daemon did not take org.freedesktop.secrets (exit code ${String(child.exitCode)})`)
    }
    await delay(ASK_AGAIN_MS)
  }
  return { stop }
}

async function ownsSecrets(env: NodeJS.ProcessEnv): Promise<boolean> {
  const call = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets']
  const args = ['--session', '--print-reply=literal', '--dest=org.freedesktop.DBus', '/', ...call]
  const { output } = await run('dbus-send', args, { env })
  return output.includes('true')
}
