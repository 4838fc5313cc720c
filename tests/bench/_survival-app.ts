/** The app killed with -9 while a forward carries: the daemon goes on, and the next window shows what runs. */
import { addForward, addServer, flip, serverEntry, trustHostKey, waitForState } from '../support/app-steps'
import { startDesktop } from '../support/desktop'
import { watchFlow } from '../support/flow'
import { freePort } from '../support/free-port'
import { startSshd } from '../support/sshd'
import type { Row } from './_survival'

export async function appKilled(): Promise<Row> {
  const [desktop, sshd, listenPort] = await Promise.all([startDesktop(), startSshd(), freePort()])
  const launched = await desktop.launchApp()
  await addServer(launched.page, serverEntry(sshd))
  const forward = { kind: 'Reach', name: 'db', server: 'bastion', listenPort, targetPort: sshd.port } as const
  await addForward(launched.page, forward)
  await flip(launched.page, 'db')
  await trustHostKey(launched.page)
  await waitForState(launched.page, 'db', 'running')
  const flow = watchFlow(listenPort)
  await flow.again()
  const failed = flow.broken().then(() => true)
  await launched.kill9()
  const next = await desktop.launchApp()
  await waitForState(next.page, 'db', 'running')
  const broke = await Promise.race([failed, Promise.resolve(false)])
  if (broke) throw new Error('Bytes stopped when the app was killed')
  await flow.stop()
  await desktop.stop()
  await sshd.stop()
  return { what: 'app killed with -9', silent: null, back: null, said: '(no window) → running, in the next window' }
}
