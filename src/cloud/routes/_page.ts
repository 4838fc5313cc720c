/** Pages for browsers: whole in themselves, so that a browser loads nothing from anywhere else for them. */
import { createHash } from 'node:crypto'
import type { RouteContext } from '../context'

export interface Page {
  readonly title: string
  readonly style: string
  /** HTML; whatever comes from elsewhere in it must have gone through {@link escaped}. */
  readonly body: string
  readonly script?: string
}

/** Nothing but what stands in the page runs in it, and it talks to this server only. */
export function pageAnswer(context: RouteContext, { title, style, body, script }: Page): Response {
  const scriptRule = script === undefined ? '' : `script-src '${hashOf(script)}'; connect-src 'self'; `
  context.header(
    'content-security-policy',
    `default-src 'none'; ${scriptRule}style-src '${hashOf(style)}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  const end = script === undefined ? '' : `<script type="module">${script}</script>\n`
  return context.html<string>(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
${body}
${end}</html>
`)
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

// --- internal ---

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
