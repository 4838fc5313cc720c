/**
 * `warren://app/`: the window's own files, and nothing else.
 *
 * A page from `file://` could read every file of the person; a page from here can name only what lies in the renderer's
 * folder. Each answer carries the content policy, so no page can do without it.
 */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { protocol } from 'electron'
import { rendererFolder } from './paths'

const SCHEME = 'warren'
const HOST = 'app'
/** Compared as text: `URL.origin` is `null` for a scheme that Node does not know. */
const APP_PREFIX = `${SCHEME}://${HOST}/`
export const APP_URL = `${APP_PREFIX}index.html`

/** No script but ours, no network at all, no frame, no form, no plug-in. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

/** Before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

/** After `ready`. */
export function setupAppProtocol(): void {
  protocol.handle(SCHEME, (request) => serve(request.method, request.url))
}

async function serve(method: string, url: string): Promise<Response> {
  const file = method === 'GET' ? fileFor(url, rendererFolder) : null
  const type = file === null ? undefined : mediaTypes[extname(file)]
  if (file === null || type === undefined) return refuse()
  try {
    return new Response(await readFile(file), {
      headers: {
        'Content-Type': type,
        'Content-Security-Policy': CONTENT_POLICY,
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Referrer-Policy': 'no-referrer',
      },
    })
  } catch {
    return refuse()
  }
}

/** The file behind an address of the app, or `null` when the address leads anywhere else. */
export function fileFor(url: string, folder: string): string | null {
  if (!isAppUrl(url)) return null
  let path: string
  try {
    path = decodeURIComponent(new URL(url).pathname)
  } catch {
    return null
  }
  if (path.includes('\0') || path.includes('\\')) return null
  const file = normalize(join(folder, path))
  return file.startsWith(folder + sep) ? file : null
}

export function isAppUrl(url: string): boolean {
  return url.startsWith(APP_PREFIX)
}

function refuse(): Response {
  return new Response(null, { status: 404 })
}
