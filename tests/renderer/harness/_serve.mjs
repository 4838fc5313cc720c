/** Builds the harness and serves it on a free port of loopback. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { chromium } from 'playwright-core'
import { build as buildWithVite } from 'vite'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const repo = here('../../..')
/** `HARNESS` keeps two runs at once out of each other's way. */
const folder = join(repo, 'tests/.tmp', process.env.HARNESS ?? 'harness')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export async function serveHarness({ build = true } = {}) {
  if (build || !existsSync(join(folder, 'index.html'))) await buildHarness()
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

/** The real renderer, built as shipped and under its own content policy, with a fake daemon loaded before it. */
function buildHarness() {
  return buildWithVite({
    configFile: false,
    root: join(repo, 'src/renderer'),
    base: './',
    logLevel: 'warn',
    resolve: { alias: [{ find: /^@shared\//, replacement: join(repo, 'src/shared/') }] },
    plugins: [
      react(),
      {
        name: 'fake-daemon',
        transform(code, id) {
          if (!id.endsWith('/src/renderer/src/main.tsx')) return null
          return `import ${JSON.stringify(here('./install.ts'))}\n${code}`
        },
      },
    ],
    build: { outDir: folder, emptyOutDir: true },
  })
}

/** The system's Chromium. */
export function openBrowser() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}

export const screenshots = join(repo, 'tests/.screenshots/harness')
