/** Builds the harness and serves it on a free port of loopback. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const repo = here('../../..')
const folder = join(repo, 'tests/.tmp/harness')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export async function serveHarness({ build = true } = {}) {
  if (build || !existsSync(join(folder, 'index.html'))) {
    const made = spawnSync('npx', ['vite', 'build', '-c', here('./vite.config.ts'), '--logLevel', 'warn'], {
      cwd: repo,
      stdio: 'inherit',
    })
    if (made.status !== 0) throw new Error('The harness does not build.')
  }
  const server = createServer((request, response) => {
    if (request.url === '/favicon.ico') return void response.writeHead(204).end()
    const path = normalize(new URL(request.url, 'http://harness').pathname).replace(/^\/$/, '/index.html')
    readFile(join(folder, path)).then(
      (body) => response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}

/** The system's Chromium. */
export function openBrowser() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}

export const screenshots = join(repo, 'tests/.screenshots/harness')
