/**
 * An `ssh` for the scripts of openssh-tests.
 *
 * What is Warren's is done by Warren: the config, the way to the server, its host key, the login, and the forwards. A remote command
 * is not: it is run by the installed ssh, after Warren has logged in with the same arguments. Where the two disagree about whether
 * the login works, the call fails, and the script with it. Each call leaves a line of JSON in WARREN_SHIM_LOG.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { hostname, userInfo } from 'node:os'
import { execFileSync } from 'node:child_process'
import { configuredOptions, fieldsOf, hopsOf } from '../../src/daemon/ssh-config/_fields'
import { endsOf } from '../../src/daemon/ssh-config/_ends'
import { createSystemFiles, resolveSshConfig, type ResolvedSshConfig } from '../../src/engine/ssh-config'
import { createSessionPool } from '../../src/engine/ssh'
import type { ServerPlan } from '../../src/engine/ssh/types'
import { WarrenError } from '../../src/shared/errors'
import { forwardDraftSchema, serverDraftSchema } from '../../src/shared/specs'
import { makeWorld } from '../engine/ssh/harness'
import { forwardSpec, makeEngine } from '../engine/world'
import { readArguments } from './_openssh-arguments'

const SSH_FAILED = 255
const DISAGREED = 99
const SERVING = 'WARREN_SHIM_SERVING'

const words = process.argv.slice(2)
const args = readArguments(words)

function note(entry: Record<string, unknown>): void {
  const file = process.env['WARREN_SHIM_LOG']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ ...entry, words })}\n`)
}

function runSsh(): number {
  const { status } = spawnSync('/usr/bin/ssh', words, { stdio: 'inherit' })
  return status ?? SSH_FAILED
}

async function resolve(destination: string): Promise<ResolvedSshConfig> {
  const { username, uid, homedir } = userInfo()
  const environment = { variables: process.env, home: homedir, username, uid, hostname: hostname() }
  const exec = (command: string): Promise<boolean> => {
    try {
      execFileSync('/bin/sh', ['-c', command], { stdio: 'inherit' })
      return Promise.resolve(true)
    } catch {
      return Promise.resolve(false)
    }
  }
  return await resolveSshConfig({
    destination,
    options: args.before,
    laterOptions: args.after,
    environment,
    ports: { ...createSystemFiles(environment), exec },
    release: '9.2',
  })
}

function planOf(config: ResolvedSshConfig): ServerPlan {
  const at = new Date().toISOString()
  const fields = fieldsOf(config, process.env)
  const draft = serverDraftSchema.parse({ name: args.destination, host: 'unset' })
  const username = fields.username ?? userInfo().username
  return {
    ...draft,
    ...fields,
    username,
    id: 'server-1',
    createdAt: at,
    updatedAt: at,
    config: configuredOptions(config),
  }
}

/** A person who is not there: BatchMode. */
function nobody(): ReturnType<typeof makeWorld> {
  return makeWorld({ answer: () => ({ kind: 'cancel' }), agentSocket: process.env['SSH_AUTH_SOCK'] ?? null })
}

/** `null` when the login worked, else what stood in the way. */
async function logIn(plan: ServerPlan): Promise<string | null> {
  const pool = createSessionPool({ ports: nobody().ports })
  try {
    const signal = AbortSignal.timeout(30_000)
    await pool.acquire({ server: plan, hops: [] }, { signal, onPhase: () => undefined })
    return null
  } catch (error) {
    return error instanceof WarrenError ? `${error.code}: ${error.message}` : String(error)
  } finally {
    await pool.close()
  }
}

interface Serving {
  /** What went wrong, forward by forward. */
  readonly faults: readonly { readonly type: string; readonly code: string; readonly message: string }[]
  readonly close: () => Promise<void>
}

async function serve(config: ResolvedSshConfig): Promise<Serving> {
  const plan = planOf(config)
  const route = { server: plan, hops: [] }
  const { engine, until } = makeEngine({
    world: nobody(),
    ports: { route: () => route, plan: () => Promise.resolve(route) },
  })
  const clears = config.options.get('clearallforwardings')?.[0]?.value === 'yes'
  const faults: { type: string; code: string; message: string }[] = []
  for (const found of clears ? [] : config.forwards) {
    const ends = endsOf(found, config.options.get('gatewayports')?.[0]?.value === 'yes')
    const {
      name: _name,
      serverId: _server,
      ...draft
    } = forwardDraftSchema.parse({ ...ends, name: 'x', serverId: 'server-1' })
    const spec = forwardSpec(draft)
    engine.define(spec)
    engine.start(spec.id)
    const { reason, type } = await until(spec.id, ({ state }) => ['running', 'failed', 'waiting'].includes(state))
    if (reason !== null) faults.push({ type, code: reason.code, message: reason.message })
  }
  return { faults, close: () => engine.close() }
}

/** ssh goes on without a local forward that the server forbids, and says so to whoever connects. */
function stands({ faults }: Serving, config: ResolvedSshConfig): boolean {
  const fatal = faults.filter(({ type, code }) => type === 'remote' || code !== 'forward.refused')
  const exits = config.options.get('exitonforwardfailure')?.[0]?.value === 'yes'
  return (
    fatal.every(({ code }) => code.startsWith('port.') || code.startsWith('forward.')) && (!exits || fatal.length === 0)
  )
}

function controlPath(config: ResolvedSshConfig | null): string | null {
  const path = args.flags.get('S') ?? config?.options.get('controlpath')?.[0]?.value ?? null
  return path === null || path === 'none' ? null : path
}

/** The background half of `ssh -f -N -L …`: lives until somebody says exit at its control path. */
async function background(config: ResolvedSshConfig): Promise<void> {
  const serving = await serve(config)
  const isUp = stands(serving, config)
  note({ mode: 'forwards', up: isUp, forwards: config.forwards.length, faults: serving.faults })
  const path = controlPath(config)
  if (!isUp || path === null) {
    await serving.close()
    process.send?.('down', () => process.exit(0))
    return
  }
  const control = createServer((socket) => {
    socket.once('data', (word) => {
      const isOver = word.toString() === 'exit'
      // Answered when the ports are free: the next call may want them.
      void (isOver ? serving.close() : Promise.resolve()).then(() => {
        if (isOver) rmSync(path, { force: true })
        socket.end(`Master running (pid=${process.pid})\n`, () => {
          if (isOver) process.exit(0)
        })
      })
    })
  })
  control.listen(path)
  await once(control, 'listening')
  process.send?.('up', () => {
    process.disconnect?.()
  })
}

/** `ssh -O check|exit`. */
async function operate(word: string, path: string): Promise<number> {
  if (!existsSync(path)) return SSH_FAILED
  const socket = connect(path)
  socket.on('error', () => process.exit(SSH_FAILED))
  socket.write(word)
  for await (const answer of socket) process.stderr.write(answer as Buffer)
  return 0
}

async function intoBackground(): Promise<number> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...words], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [SERVING]: '1' },
  })
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[]
  child.disconnect()
  child.unref()
  return said === 'up' ? 0 : SSH_FAILED
}

/** Warren first, then ssh with the same words: both must get in, or neither. */
async function compare(config: ResolvedSshConfig): Promise<number> {
  const refused = config.forwards.length === 0 ? await logIn(planOf(config)) : await tryForwards(config)
  const status = runSsh()
  const agreed = (refused === null) === (status !== SSH_FAILED)
  note({ mode: 'login', agreed, warren: refused, ssh: status })
  return agreed ? status : DISAGREED
}

async function tryForwards(config: ResolvedSshConfig): Promise<string | null> {
  const serving = await serve(config)
  await serving.close()
  return stands(serving, config) ? null : JSON.stringify(serving.faults)
}

async function main(): Promise<number | null> {
  const { flags, destination, command } = args
  const operation = flags.get('O')
  if (destination === null || flags.has('G') || flags.has('V') || flags.has('Q') || flags.has('W')) {
    note({ mode: 'ssh' })
    return runSsh()
  }
  const config = await resolve(destination).catch((error: unknown) => {
    note({ mode: 'config', error: String(error) })
    return null
  })
  const path = controlPath(config)
  if (operation !== undefined) return path === null ? runSsh() : await operate(operation, path)
  if (config === null || hopsOf(config).length > 0) return runSsh()
  const isMaster =
    flags.has('M') || /^(yes|true|auto|ask)/.test(config.options.get('controlmaster')?.[0]?.value ?? 'no')
  if (flags.has('f') && isMaster && path !== null && (flags.has('N') || command.join(' ') === 'true')) {
    if (process.env[SERVING] === undefined) return await intoBackground()
    await background(config)
    return null
  }
  return await compare(config)
}

const status = await main()
if (status !== null) process.exit(status)
