/** The app killed with -9 while a forward carries: the daemon goes on, and the next window shows what runs. */
import { join } from 'node:path'
import { waitForState } from '../support/app-steps'
import { startDesktop } from '../support/desktop'
import { openDaemonBench } from './_survival-daemon'
import type { Row } from './_survival'

export async function appKilled(): Promise<Row> {
  const desktop = await startDesktop()
  const bench = await openDaemonBench(join(desktop.home, 'warren'))
  const launched = await desktop.launchApp()
  await waitForState(launched.page, 'db', 'running')
  const failed = bench.flow.broken().then(() => true)
  await launched.kill9()
  const next = await desktop.launchApp()
  await waitForState(next.page, 'db', 'running')
  const broke = await Promise.race([failed, Promise.resolve(false)])
  if (broke) throw new Error('Bytes stopped when the app was killed')
  await bench.close()
  await desktop.stop()
  return { what: 'app killed with -9', silent: null, back: null, said: '(no window) → running, in the next window' }
}
