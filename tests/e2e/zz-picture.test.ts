import { spawn, execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { it } from 'vitest'
import { startDesktop } from '../support/desktop'
import { startSshd } from '../support/sshd'
import { startIperfServer, startOrigin } from '../bench/_peers'
const run = promisify(execFile)
it('takes the picture', async () => {
  const sshd = await startSshd()
  const desktop = await startDesktop()
  const iperf = await startIperfServer()
  const origin = await startOrigin()
  const home = `${desktop.home}/warren`
  const w = (...args: string[]) =>
    run(process.execPath, ['out/node/warren.mjs', ...args], { env: { ...process.env, WARREN_HOME: home } }).catch((e) =>
      console.log(e.stderr),
    )
  await w(
    'server',
    'add',
    'bastion',
    `${sshd.username}@127.0.0.1:${sshd.port}`,
    '--identity',
    sshd.clientKey,
    '--host-key',
    'accept-new',
  )
  await w(
    'server',
    'add',
    'edge',
    `${sshd.username}@127.0.0.1:${sshd.port}`,
    '--identity',
    sshd.clientKey,
    '--host-key',
    'accept-new',
    '--jump',
    'bastion',
  )
  await w('server', 'add', 'old', `deploy@127.0.0.1:9`, '--host-key', 'accept-new')
  await w('add', 'orders-db', '-L', `5432:localhost:${iperf.port}`, '--server', 'bastion', '--tag', 'staging')
  await w('add', 'admin', '-L', `8443:localhost:${origin.port}`, '--server', 'edge', '--tag', 'staging')
  await w('add', 'redis', '-L', `6379:localhost:6379`, '--server', 'bastion', '--tag', 'staging')
  await w('add', 'metrics', '-L', `${origin.port}:localhost:9090`, '--server', 'bastion', '--tag', 'ops')
  await w('add', 'browse', '-D', '1080', '--server', 'edge', '--tag', 'ops')
  await w('add', 'webhook', '-R', `8081:localhost:3000`, '--server', 'bastion', '--tag', 'ops')
  await w('add', 'backup', '-L', `2222:localhost:22`, '--server', 'old', '--tag', 'ops')
  for (const name of ['orders-db', 'admin', 'browse', 'webhook', 'metrics', 'backup'])
    await w('up', name, '--wait', '3')
  const load = spawn('iperf3', ['-c', '127.0.0.1', '-p', '5432', '-R', '-t', '80', '-b', '9M'])
  const load2 = spawn('bash', [
    '-c',
    'for i in $(seq 200); do curl -s http://127.0.0.1:8443/ >/dev/null; sleep 0.2; done',
  ])
  const app = await desktop.launchApp({ home })
  await app.page.getByText('orders-db').first().click()
  await app.page.waitForTimeout(45_000)
  for (const theme of ['light', 'dark'] as const) {
    await app.page.emulateMedia({ colorScheme: theme })
    await app.page.screenshot({ path: `docs/images/forwards-${theme}.png` })
  }
  load.kill()
  load2.kill()
  await app.kill9()
  await w('daemon', 'stop')
  await iperf.stop()
  await origin.stop()
  await desktop.stop()
  await sshd.stop()
}, 180_000)
