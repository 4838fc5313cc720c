import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { startSshd, type Sshd } from '../support/sshd'
import { median, ratio, sideBySide } from './_measure'
import { freePort, startWarren, type Warren } from './_peers'
import { cpuSeconds, processTree, rssBytes } from './_processes'
import { figure, publish, times } from './_table'

const EMPTY_APP = fileURLToPath(new URL('./empty-app', import.meta.url))
const FORWARDS = 200
const RUNNING = 20
const START_ROUNDS = 5
const SETTLE_MS = 10_000
const IDLE_MS = 30_000
const MEBIBYTE = 1024 * 1024

describe('the app at rest and at the start', () => {
  const rows: string[][] = []
  let desktop: Desktop
  let sshd: Sshd
  let warren: Warren

  beforeAll(async () => {
    sshd = await startSshd()
    desktop = await startDesktop()
    warren = startWarren()
    await warren.warren(
      'server',
      'add',
      'idle',
      `${sshd.username}@${sshd.host}:${sshd.port}`,
      '--identity',
      sshd.clientKey,
      '--host-key',
      'accept-new',
    )
    for (let index = 0; index < FORWARDS; index += 1) {
      const tag = index < RUNNING ? 'on' : 'off'
      const port = await freePort()
      await warren.warren('add', name(index), '-L', `${port}:127.0.0.1:${sshd.port}`, '--server', 'idle', '--tag', tag)
    }
    await warren.warren('up', '--tag', 'on')
  }, 600_000)

  afterAll(async () => {
    await desktop.stop()
    await warren.stop()
    await sshd.stop()
    publish({
      id: 'app',
      title: 'The app at rest and at the start',
      header: ['what', 'figure', 'beside an empty Electron window'],
      rows,
      notes: [
        `${FORWARDS} forwards, ${RUNNING} of them running through one real sshd, window open, nothing moving.`,
        `Start: from the launch until a forward is on screen, medians of ${START_ROUNDS} rounds; the empty window until its one line is.`,
      ],
    })
  })

  const launch = (): Promise<LaunchedApp> => desktop.launchApp({ home: warren.home })

  async function timed(start: () => Promise<LaunchedApp>, seen: (app: LaunchedApp) => Promise<void>): Promise<number> {
    const began = performance.now()
    const app = await start()
    await seen(app)
    const took = performance.now() - began
    await app.kill9()
    return took
  }

  it('starts beside an empty window', async () => {
    const samples = await sideBySide(
      [
        {
          name: 'warren',
          measure: () => timed(launch, listed),
        },
        {
          name: 'empty',
          measure: () =>
            timed(
              () => desktop.launchApp({ folder: EMPTY_APP }),
              (app) => app.page.locator('#ready').waitFor(),
            ),
        },
      ],
      START_ROUNDS,
    )
    const [ours, theirs] = samples
    if (ours === undefined || theirs === undefined) throw new Error('Nothing was measured.')
    rows.push([
      'start to a usable list',
      `${figure(median(ours.values))} ms (empty: ${figure(median(theirs.values))} ms)`,
      times(ratio(ours, theirs)),
    ])
    expect(ours.values).toHaveLength(START_ROUNDS)
  })

  it('costs little while nothing moves', async () => {
    const app = await launch()
    await listed(app)
    const status = JSON.parse(await warren.warren('daemon', 'status', '--json')) as { pid: number }
    await rest(SETTLE_MS)
    const pids = [...processTree(app.electronPid), status.pid]
    const before = cpuSeconds(pids)
    await rest(IDLE_MS)
    const percent = ((cpuSeconds(pids) - before) / (IDLE_MS / 1000)) * 100
    rows.push(['processor, app and daemon together, % of one core', percent.toFixed(2), '–'])
    rows.push(['daemon, resident memory', `${figure(rssBytes(status.pid) / MEBIBYTE)} MiB`, '–'])
    await app.kill9()
    expect(percent).toBeGreaterThanOrEqual(0)
  })
})

/** The list is usable when a row of it is there: only the rows in sight exist. */
function listed(app: LaunchedApp): Promise<void> {
  return app.page.locator('[data-id]').first().waitFor()
}

function name(index: number): string {
  return `forward-${String(index).padStart(3, '0')}`
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
