/**
 * Every refusal as the window shows it: code, sentence and fix, one picture each, and the proof that nothing was tried again.
 *
 * docs/refusals.md is the same list for people.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCodes, type ErrorCode } from '../../src/shared/errors'
import type { ForwardView } from '../../src/shared/snapshots'
import type { ForwardDraft, ServerDraft } from '../../src/shared/specs'
import { flip, row, waitForState } from '../support/app-steps'
import { makeAuthority, type CertificateOptions } from '../support/authority'
import { screenshot, startDesktop, type Desktop, type LaunchedApp } from '../support/desktop'
import { countDials, startRefusingProxy, type DialCounter } from '../support/dial-counter'
import { freePort } from '../support/free-port'
import { startPasswordServer, type PasswordServer } from '../support/password-server'
import { makeKey, startSshd, type Sshd } from '../support/sshd'

const SHOWN_MS = 30_000
/** Longer than the third wait. */
const LONG_MS = 60_000
/** The first retry of what is retried comes after 2 s and 20 % at most (design §5). */
const RETRY_WINDOW_MS = 3000
/** Node counts a timer's milliseconds from another beginning than the clock does: by the clock it may be early by one. */
const TIMER_EARLY_MS = 1

let desktop: Desktop
let launched: LaunchedApp
let sshd: Sshd
/** A dial at a server, and when that refusal was final. */
const watched: { name: string; dials: () => number; before: number; at: number }[] = []
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  ;[desktop, sshd] = await Promise.all([startDesktop(), startSshd()])
  stops.push(sshd.stop)
  mkdirSync(join(desktop.home, '.ssh'), { mode: 0o700 })
  launched = await desktop.launchApp()
})
afterAll(async () => {
  await desktop.stop()
  await Promise.all(stops.map((stop) => stop()))
})

/** A server behind a counter of dials, with a key that it takes, and a port that is known under that address. */
async function serverBehindCounter(
  behind: Sshd = sshd,
): Promise<{ counter: DialCounter; draft: Partial<ServerDraft> }> {
  const counter = await countDials(behind.port)
  stops.push(counter.stop)
  const { clientKey, username } = behind
  const draft = { port: counter.port, username, identityFiles: [clientKey], agent: 'none', hostKeyPolicy: 'accept-new' }
  return { counter, draft: draft as Partial<ServerDraft> }
}

async function sshdWith(...config: string[]): Promise<Sshd> {
  const server = await startSshd({ config })
  stops.push(server.stop)
  return server
}

function knownHosts(line: string): void {
  appendFileSync(join(desktop.home, '.ssh', 'known_hosts'), `${line}\n`, { mode: 0o600 })
}

/** Saves a server and a forward of the same name through the window's own door, and shows the forward alone. */
async function add(
  name: string,
  server: Partial<ServerDraft>,
  forward: Partial<ForwardDraft> = {},
): Promise<ForwardView> {
  const { page } = launched
  const ends = { type: 'local', localPort: await freePort(), remoteHost: '127.0.0.1', remotePort: sshd.port }
  const view = await page.evaluate(
    async ([serverDraft, forwardDraft]) => {
      const made = await window.api.daemon['servers.add'](serverDraft)
      if (!made.ok) throw new Error(made.fault.message)
      const added = await window.api.daemon['forwards.add']({ ...forwardDraft, serverId: made.value.id })
      if (!added.ok) throw new Error(added.fault.message)
      return added.value
    },
    [
      { host: '127.0.0.1', ...server, name: `${name}-server` },
      { ...ends, ...forward, name },
    ] as [ServerDraft, ForwardDraft],
  )
  await page.getByRole('searchbox', { name: 'Search forwards' }).fill(name)
  await row(page, name).getByText(name, { exact: true }).click()
  await page.keyboard.press('Enter')
  await page.getByRole('switch', { name: `${name} on` }).waitFor({ timeout: SHOWN_MS })
  return view
}

interface Refusal {
  readonly code: ErrorCode
  readonly message: RegExp
  readonly fix: RegExp
  /** What the mark of the row says. */
  readonly state?: string
}

/** The box with the reason, once the row has its mark; leaves a picture of it. */
async function shows(name: string, refusal: Refusal): Promise<Locator> {
  const { page } = launched
  await waitForState(page, name, refusal.state ?? 'failed')
  const box = page.getByRole('region', { name: errorCodes[refusal.code].title, exact: true })
  await box.waitFor({ timeout: SHOWN_MS })
  await box.getByText('Details').click()
  const text = (await box.innerText()).replaceAll(/\s+/g, ' ')
  expect(text).toMatch(refusal.message)
  expect(text).toMatch(refusal.fix)
  expect(await box.locator('pre').innerText()).toContain(refusal.code)
  await page.mouse.move(0, 0)
  await screenshot(page, `refusal-${name}`, 'light')
  return box
}

/** From now on nobody may dial. */
function finalFor(name: string, dials: () => number): void {
  watched.push({ name, dials, before: dials(), at: Date.now() })
}

async function snapshotOf(view: ForwardView): Promise<ForwardView['snapshot']> {
  return launched.page.evaluate(async (id) => {
    const result = await window.api.daemon['forwards.get']({ id })
    if (!result.ok) throw new Error(result.fault.message)
    return result.value.snapshot
  }, view.spec.id)
}

interface Wait {
  /** After so many that failed. */
  readonly attempt: number
  readonly since: number
  readonly until: number
  readonly ms: number
}

/** The wait for a next try, once more than `failed` have failed. */
async function waitOf(view: ForwardView, failed: number): Promise<Wait> {
  let snapshot = await snapshotOf(view)
  const look = async (): Promise<boolean> => {
    snapshot = await snapshotOf(view)
    return snapshot.state === 'waiting' && snapshot.attempt > failed
  }
  await expect.poll(look, { timeout: LONG_MS }).toBe(true)
  const [since, until] = [snapshot.since, snapshot.nextTryAt ?? ''].map((time) => Date.parse(time)) as [number, number]
  return { attempt: snapshot.attempt, since, until, ms: until - since }
}

/** It stands, nothing waits, and the dials so far were as many as the fault needs. */
async function isFinal(view: ForwardView, counter: DialCounter, dials = 1): Promise<void> {
  expect(await snapshotOf(view)).toMatchObject({ state: 'failed', wanted: true, attempt: 0, nextTryAt: null })
  expect(counter.dials()).toBe(dials)
  finalFor(view.spec.name, counter.dials)
}

describe('the server is not who it was', () => {
  it('a changed key', async () => {
    const own = await sshdWith()
    const { counter, draft } = await serverBehindCounter(own)
    knownHosts(`[127.0.0.1]:${counter.port} ${own.hostKeys[0] ?? ''}`)
    const before = own.hostKeyFingerprint
    await own.changeHostKeys()
    const view = await add('changed-key', draft)
    await flip(launched.page, 'changed-key')
    const box = await shows('changed-key', {
      code: 'ssh.host-key-changed',
      message: new RegExp(`changed-key-server .*${escape(own.hostKeyFingerprint)}.*${escape(before)}`),
      fix: /ssh-keygen -R .*known_hosts/,
    })
    await box.getByRole('button', { name: 'Compare the keys…' }).click()
    const dialog = launched.page.getByRole('dialog')
    await dialog.getByText('Shown now').waitFor({ timeout: SHOWN_MS })
    await screenshot(launched.page, 'refusal-changed-key-compared', 'light')
    await dialog.getByRole('button', { name: 'Close', exact: true }).first().click()
    await isFinal(view, counter)
  })

  it('a revoked key', async () => {
    const { counter, draft } = await serverBehindCounter()
    knownHosts(`@revoked * ${sshd.hostKeys[0] ?? ''}`)
    const view = await add('revoked-key', draft)
    await flip(launched.page, 'revoked-key')
    await shows('revoked-key', {
      code: 'ssh.host-key-revoked',
      message: /revoked.*known_hosts:\d+/,
      fix: /Do not connect/,
    })
    await isFinal(view, counter)
  })
})

describe('the certificate of the server', () => {
  /** A server with a certificate of an authority that this machine trusts. */
  async function certified(
    certificate: CertificateOptions,
  ): Promise<{ counter: DialCounter; draft: Partial<ServerDraft> }> {
    const own = await sshdWith()
    const authority = makeAuthority(own.dir)
    const file = authority.sign(join(own.dir, 'host_ed25519'), { ...certificate, host: true })
    appendFileSync(join(own.dir, 'sshd_config'), `HostCertificate ${file}\n`)
    await own.restart()
    const { counter, draft } = await serverBehindCounter(own)
    knownHosts(`@cert-authority [127.0.0.1]:${counter.port} ${readFileSync(authority.publicKey, 'utf8').trim()}`)
    return { counter, draft: { ...draft, hostKeyPolicy: 'ask' } }
  }

  it('has expired', async () => {
    const { counter, draft } = await certified({ principals: ['127.0.0.1'], validity: '20200101:20200201' })
    const view = await add('expired-host-certificate', draft)
    await flip(launched.page, 'expired-host-certificate')
    // As ssh: the key alone may still be trusted, so there is a question that says what is wrong.
    const dialog = launched.page.getByRole('dialog').or(launched.page.getByRole('alertdialog'))
    await dialog.getByText(/expired on/).waitFor({ timeout: SHOWN_MS })
    await screenshot(launched.page, 'refusal-expired-host-certificate-asked', 'light')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await shows('expired-host-certificate', {
      code: 'ssh.host-cert-expired',
      message: /The certificate of expired-host-certificate-server .*expired/,
      fix: /signed anew/,
    })
    await isFinal(view, counter)
  })

  it('is for another name', async () => {
    const { counter, draft } = await certified({ principals: ['db.example.net'] })
    const view = await add('wrong-host-principal', { ...draft, hostKeyPolicy: 'strict' })
    await flip(launched.page, 'wrong-host-principal')
    await shows('wrong-host-principal', {
      code: 'ssh.host-cert-principal',
      message: /The certificate of wrong-host-principal-server .*db\.example\.net/,
      fix: /HostKeyAlias/,
    })
    await isFinal(view, counter)
  })
})

describe('the server refuses the login', () => {
  /** A server that lets in whom an authority vouches for, and a key with such a certificate. */
  async function vouched(
    certificate: CertificateOptions,
  ): Promise<{ counter: DialCounter; draft: Partial<ServerDraft> }> {
    const folder = mkdtempSync(join(desktop.home, 'authority-'))
    const authority = makeAuthority(folder)
    const key = join(folder, 'key')
    makeKey(key, 'ed25519')
    authority.sign(key, certificate)
    const { counter, draft } = await serverBehindCounter(await sshdWith(`TrustedUserCAKeys ${authority.publicKey}`))
    return { counter, draft: { ...draft, identityFiles: [key] } }
  }

  it('with an expired certificate', async () => {
    const { counter, draft } = await vouched({ principals: [sshd.username], validity: '20200101:20200201' })
    const view = await add('expired-certificate', draft)
    await flip(launched.page, 'expired-certificate')
    await shows('expired-certificate', {
      code: 'key.certificate-expired',
      message: /expired-certificate-server refused the login .*expired on 2020-0/,
      fix: /new certificate/,
    })
    await isFinal(view, counter)
  })

  it('with a certificate for somebody else', async () => {
    const { counter, draft } = await vouched({ principals: ['somebody'] })
    const view = await add('wrong-principal', draft)
    await flip(launched.page, 'wrong-principal')
    await shows('wrong-principal', {
      code: 'ssh.auth-failed',
      message: /wrong-principal-server refused the login/,
      fix: /is for somebody/,
    })
    await isFinal(view, counter)
  })

  it('a wrong password', async () => {
    const server: PasswordServer = await startPasswordServer('the right one')
    stops.push(server.stop)
    const counter = await countDials(server.port)
    stops.push(counter.stop)
    const view = await add('wrong-password', {
      port: counter.port,
      username: 'me',
      agent: 'none',
      hostKeyPolicy: 'accept-new',
    })
    const { page } = launched
    await flip(page, 'wrong-password')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Password', { exact: true }).fill('a wrong one')
    await page.keyboard.press('Enter')
    await dialog.getByText(/refused/).waitFor({ timeout: SHOWN_MS })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await shows('wrong-password', {
      code: 'ssh.auth-failed',
      message: /wrong-password-server refused the password of me/,
      fix: /start again/i,
    })
    await isFinal(view, counter)
    expect(server.offered()).toBe(1)
    finalFor('passwords offered', server.offered)
  })

  it('too many keys', async () => {
    const strict = await sshdWith('MaxAuthTries 3')
    const { counter, draft } = await serverBehindCounter(strict)
    const keys = ['one', 'two', 'three', 'four', 'five'].map((name) => join(strict.dir, name))
    for (const key of keys) makeKey(key, 'ed25519')
    const view = await add('too-many-keys', { ...draft, identityFiles: keys })
    await flip(launched.page, 'too-many-keys')
    await shows('too-many-keys', {
      code: 'ssh.auth-failed',
      message: /too-many-keys-server ended the login.*[Tt]oo many/,
      fix: /only/,
    })
    await isFinal(view, counter)
  })
})

describe('the server refuses the forward', () => {
  it('forwarding forbidden', async () => {
    const strict = await sshdWith('AllowTcpForwarding no')
    const { counter, draft } = await serverBehindCounter(strict)
    const ends = { type: 'remote', remotePort: await freePort(), localPort: sshd.port } as const
    const view = await add('forbidden', draft, { ...ends, remoteHost: null, localHost: '127.0.0.1' })
    await flip(launched.page, 'forbidden')
    await shows('forbidden', {
      code: 'forward.refused',
      message: /forbidden-server (forbids|refuses|does not)/,
      fix: /AllowTcpForwarding/,
    })
    await isFinal(view, counter)
  })

  it('a target that refuses, which touches neither the session nor the listener', async () => {
    const { counter, draft } = await serverBehindCounter(await sshdWith())
    const target = await freePort()
    const view = await add('target-refused', draft, { remotePort: target })
    await flip(launched.page, 'target-refused')
    await waitForState(launched.page, 'target-refused', 'running')
    const { localPort } = view.spec
    if (localPort === null) throw new Error('it listens nowhere')
    await closedBy(localPort)
    await shows('target-refused', {
      code: 'target.refused',
      message: new RegExp(`127\\.0\\.0\\.1:${target} refuses connections from target-refused-server`),
      fix: /service running/,
      state: 'degraded',
    })
    expect(await snapshotOf(view)).toMatchObject({ wanted: true, attempt: 0, nextTryAt: null })
    expect(counter.dials()).toBe(1)
    finalFor('target-refused', counter.dials)
  })
})

describe('this machine and the network refuse', () => {
  it('a port in use, with who holds it and another one to take', async () => {
    const port = await freePort()
    const holder: Server = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    stops.push(() => new Promise((resolve) => holder.close(() => resolve())))
    const { counter, draft } = await serverBehindCounter(await sshdWith())
    const view = await add('port-in-use', draft, { localPort: port })
    await flip(launched.page, 'port-in-use')
    const box = await shows('port-in-use', {
      code: 'port.in-use',
      message: new RegExp(`Port ${port} is held by .*pid ${process.pid}`),
      fix: /\d+/,
    })
    await box.getByRole('button', { name: /^Use \d+$/ }).waitFor()
    await isFinal(view, counter, counter.dials())
    expect(counter.dials()).toBeLessThanOrEqual(1)
  })

  it('a name that does not resolve, tried again at growing distances only', async () => {
    const view = await add('unknown-name', { host: 'bastion.invalid', agent: 'none' })
    await flip(launched.page, 'unknown-name')
    await shows('unknown-name', {
      code: 'ssh.dns',
      message: /The name bastion\.invalid cannot be resolved/,
      fix: /spelling|network/,
      state: 'waiting',
    })
    const first = await waitOf(view, 0)
    finalFor('unknown-name', () => 0)
    const second = await waitOf(view, first.attempt)
    // 2 s, 5 s, 10 s, less their jitter: never sooner.
    expect(first.ms).toBeGreaterThan(first.attempt === 1 ? 1000 : 3000)
    expect(second.ms).toBeGreaterThan(first.ms)
    expect(second.since).toBeGreaterThanOrEqual(first.until - TIMER_EARLY_MS)
  })

  it('a proxy that wants a login', async () => {
    const proxy = await startRefusingProxy()
    stops.push(proxy.stop)
    const view = await add('proxy-407', {
      host: 'bastion.example.net',
      agent: 'none',
      proxy: `http://127.0.0.1:${proxy.port}`,
    })
    await flip(launched.page, 'proxy-407')
    const box = await shows('proxy-407', {
      code: 'ssh.proxy-auth',
      message: new RegExp(`The proxy 127\\.0\\.0\\.1:${proxy.port}`),
      fix: /http:\/\/name@host:port/,
    })
    await box.getByRole('button', { name: 'Edit proxy-407-server' }).waitFor()
    await isFinal(view, proxy)
  })
})

describe('and then', () => {
  it('nothing was tried again', async () => {
    const last = Math.max(...watched.map(({ at }) => at))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, last + RETRY_WINDOW_MS - Date.now())))
    expect(watched.map(({ name, dials }) => `${name} ${dials()}`)).toEqual(
      watched.map(({ name, before }) => `${name} ${before}`),
    )
  })
})

// --- internal ---

/** Connects and resolves when the other side has hung up. */
async function closedBy(port: number): Promise<void> {
  const { connect } = await import('node:net')
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}

function escape(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, '\\$&')
}
