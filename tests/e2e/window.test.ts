import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserWindow } from 'electron'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectDaemon } from '@daemon/client'
import { overhear, said } from '../support/app-steps'
import { startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'

let desktop: Desktop
let launched: LaunchedApp

beforeAll(async () => {
  desktop = await startDesktop()
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
})

describe('the window', () => {
  it('opens on the first run with two ways to begin', async () => {
    const { page } = launched
    await page.getByRole('button', { name: 'Add a server' }).waitFor()
    expect(await page.getByRole('button', { name: 'Try the demo server' }).isVisible()).toBe(true)
    expect(page.url()).toBe('warren://app/index.html')
  })

  it('gives its page nothing but the contract', async () => {
    const facts = await launched.page.evaluate(() => ({
      require: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
      api: Object.keys(window.api).sort(),
      frozen: Object.isFrozen(window.api.app),
      raw: Object.keys(window).filter((key) => /ipc|electron/i.test(key)),
      secure: window.isSecureContext,
    }))
    expect(facts).toEqual({
      require: 'undefined',
      process: 'undefined',
      api: ['app', 'daemon', 'on'],
      frozen: true,
      raw: [],
      secure: true,
    })
  })

  it('is sandboxed, isolated and without Node', async () => {
    const facts = await launched.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows() as (BrowserWindow & {
        webContents: { getLastWebPreferences: () => Record<string, unknown> }
      })[]
      return window?.webContents.getLastWebPreferences()
    })
    expect(facts).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false })
  })

  it('answers with a strict content policy, and nothing outside its folder', async () => {
    const answers = await launched.app.evaluate(async ({ net }) => {
      const get = async (url: string) => {
        const answer = await net.fetch(url)
        return { status: answer.status, policy: answer.headers.get('content-security-policy') }
      }
      return {
        page: await get('warren://app/index.html'),
        outside: await get('warren://app/..%2f..%2fpackage.json'),
        otherHost: await get('warren://elsewhere/index.html'),
      }
    })
    expect(answers.page.policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(answers.page.policy).not.toContain('unsafe')
    expect(answers.outside.status).toBe(404)
    expect(answers.otherHost.status).toBe(404)
  })

  it('runs no script of a text, loads nothing from a network and cannot be led away', async () => {
    const { page } = launched
    const tried = await page.evaluate(async () => {
      const outcome = { evaluated: false, inline: false, fetched: false, opened: false }
      // Later, because what a debugger calls at once is free of the policy.
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          try {
            const make = Function as unknown as (text: string) => () => boolean
            outcome.evaluated = make('return true')()
          } catch {
            outcome.evaluated = false
          }
          resolve()
        })
      })
      const script = document.createElement('script')
      script.textContent = 'window.wasInline = true'
      document.head.append(script)
      outcome.inline = 'wasInline' in window
      outcome.fetched = await fetch('http://127.0.0.1:9/').then(
        () => true,
        () => false,
      )
      outcome.opened = window.open('https://example.org/') !== null
      window.location.href = 'https://example.org/'
      return outcome
    })
    expect(tried).toEqual({ evaluated: false, inline: false, fetched: false, opened: false })
    expect(page.url()).toBe('warren://app/index.html')
    expect(launched.app.windows()).toHaveLength(1)
  })

  it('gets no permission and may name no other request', async () => {
    const { page } = launched
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
    const named = await page.evaluate(() => {
      const daemon = window.api.daemon as unknown as Record<string, unknown>
      return ['daemon.stop', 'servers.setSecret', 'needs.answer'].filter((name) => name in daemon)
    })
    expect(named).toEqual([])
  })

  it('breaks no rule of its own policy', async () => {
    const reports = await launched.page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const seen: string[] = []
          document.addEventListener('securitypolicyviolation', (event) => seen.push(event.violatedDirective))
          requestAnimationFrame(() => {
            requestAnimationFrame(() => {
              resolve(seen)
            })
          })
        }),
    )
    expect(reports).toEqual([])
  })
})

describe('closing and starting again', () => {
  it('hides the window, says so once, and keeps the app and the daemon running', async () => {
    const { app } = launched
    await overhear(app)
    const close = () =>
      app.evaluate(({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows()
        window?.close()
        return window?.isVisible()
      })
    const show = () =>
      app.evaluate(({ app: main }) => {
        main.emit('second-instance', {}, ['warren'])
      })
    expect(await close()).toBe(false)
    await show()
    expect(await close()).toBe(false)
    const { notices } = await said(app)
    expect(notices.map(({ title }) => title)).toEqual(['Warren keeps running'])
    await show()
  })

  it('a second start shows the window of the first and ends', async () => {
    const { app } = launched
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.hide()
    })
    // Playwright waits for a window that never comes; what counts is that the process ends by itself.
    await expect(desktop.launchApp()).rejects.toThrow()
    await expect
      .poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible()))
      .toBe(true)
  })
})

describe('quitting', () => {
  let other: LaunchedApp | null = null
  afterEach(async () => {
    await other?.kill9()
  })

  it('ends app and daemon without a question when nothing runs', async () => {
    const home = join(desktop.home, 'quits')
    other = await desktop.launchApp({ home })
    await other.page.getByRole('button', { name: 'Add a server' }).waitFor()
    await overhear(other.app)
    const client = await connectDaemon({ home, client: 'test', start: false })
    const ended = other.app.waitForEvent('close')
    await other.app.evaluate(({ app }) => {
      app.quit()
    })
    await Promise.all([ended, client.closed])
    expect((await said(launched.app)).questions).toEqual([])
  })

  it('a signal ends the app alone, and its files are for their owner', async () => {
    const home = join(desktop.home, 'signalled')
    other = await desktop.launchApp({ home })
    await other.page.getByRole('button', { name: 'Add a server' }).waitFor()
    const ended = other.app.waitForEvent('close')
    other.app.process().kill('SIGTERM')
    await ended
    const client = await connectDaemon({ home, client: 'test', start: false })
    // The app is gone; that the daemon has heard of it as well is another matter.
    await expect.poll(async () => (await client.call('daemon.status', {})).clients).toBe(1)
    client.close()
    expect(existsSync(join(home, 'app'))).toBe(true)
    expect(statSync(home).mode & 0o077).toBe(0)
  })
})
