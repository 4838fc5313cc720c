/** What the demo server has to show: a page that says it works, and an echo. */
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'

export const WEB = { host: 'web.demo', port: 80 }
export const ECHO = { host: 'echo.demo', port: 7 }
const LOOPBACK = '127.0.0.1'
const localNames = new Set(['localhost', LOOPBACK, '::1'])

export interface SampleServices {
  /** The service behind a name and port as the demo server sees them, or `null`. */
  readonly find: (host: string, port: number) => ((stream: Duplex) => void) | null
  /** The same page on a port of this machine: what the remote sample forward reaches. */
  readonly listen: (port: number) => Promise<void>
  readonly close: () => Promise<void>
}

export function createSamples(now: () => number): SampleServices {
  const web = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    response.end(page(request.headers.host ?? WEB.host, new Date(now())))
  })
  return {
    find: (host, port) => {
      const name = host.toLowerCase()
      if (port === WEB.port && (name === WEB.host || localNames.has(name))) {
        return (stream) => {
          web.emit('connection', stream)
        }
      }
      if (port === ECHO.port && (name === ECHO.host || localNames.has(name))) {
        return (stream) => {
          stream.pipe(stream)
        }
      }
      return null
    },
    listen: (port) =>
      new Promise((resolve, reject) => {
        web.once('error', reject)
        web.listen(port, LOOPBACK, () => {
          web.off('error', reject)
          resolve()
        })
      }),
    close: () =>
      new Promise((resolve) => {
        web.close(() => resolve())
        web.closeAllConnections()
      }),
  }
}

function page(host: string, time: Date): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>It works</title>
<style>
  body { font: 18px/1.5 system-ui, sans-serif; max-width: 34em; margin: 12vh auto; padding: 0 1.5em; }
  code { background: #8882; padding: .1em .3em; border-radius: .2em; }
  @media (prefers-color-scheme: dark) { body { background: #16181c; color: #e8e8e8; } }
</style>
<h1>It works</h1>
<p>This page came through an SSH forward. Your browser asked for <code>${escapeHtml(host)}</code>; Warren carried the request to its
demo server and the answer back.</p>
<p>The demo server's clock says <time>${time.toISOString()}</time>.</p>
</html>
`
}

/** The host header is whatever the client sent. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
