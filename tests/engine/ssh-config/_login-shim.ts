/**
 * An `ssh` for the scripts of openssh-tests that only log in: `ssh [options] host true` ends with 0 when Warren's SSH layer let us
 * in with the config as our resolver reads it, and with 255 when it refused, as ssh does. `-Q` names no keys that Warren does not
 * do (DSA, and security keys as host keys); everything else is the installed ssh.
 */
import { spawnSync } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import { configuredOptions, fieldsOf } from '../../../src/daemon/ssh-config/_fields'
import { createSessionPool } from '../../../src/engine/ssh'
import { createSystemFiles, resolveSshConfig, type CommandOption } from '../../../src/engine/ssh-config'
import { makeWorld, serverSpec } from '../ssh/harness'

const withValue = 'BbcDEeFIiJLlmOopQRSWw'
const args = process.argv.slice(2)

function parse(): { options: CommandOption[]; destination: string | null; query: string | null } {
  const options: CommandOption[] = []
  let destination: string | null = null
  let query: string | null = null
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? ''
    if (!word.startsWith('-')) {
      if (destination !== null) break
      destination = word
      continue
    }
    const flag = word.charAt(1)
    const value = withValue.includes(flag) ? word.slice(2) || (args[(index += 1)] ?? '') : undefined
    if (flag === 'Q') query = value ?? null
    else if (flag !== 'q') options.push((value === undefined ? { flag } : { flag, value }) as CommandOption)
  }
  return { options, destination, query }
}

async function logIn(destination: string, options: readonly CommandOption[]): Promise<void> {
  const { username, uid, homedir } = userInfo()
  const environment = { variables: process.env, home: homedir, username, uid, hostname: hostname() }
  const config = await resolveSshConfig({
    destination,
    options,
    laterOptions: [],
    environment,
    ports: { ...createSystemFiles(environment), exec: async () => false },
  })
  const fields = fieldsOf(config, process.env)
  const server = { ...serverSpec({ ...fields, configHost: null }), config: configuredOptions(config) }
  const world = makeWorld({ answer: () => ({ kind: 'cancel' }) })
  const pool = createSessionPool({ ports: world.ports })
  try {
    const signal = AbortSignal.timeout(30_000)
    const lease = await pool.acquire({ server, hops: [] }, { signal, onPhase: () => undefined })
    lease.release()
  } finally {
    await pool.close()
  }
}

const { options, destination, query } = parse()
if (query !== null) {
  const { stdout, status } = spawnSync('/usr/bin/ssh', args, { encoding: 'utf8' })
  const lines = stdout.split('\n').filter((line) => !query.startsWith('key') || !/dss|^sk-/.test(line))
  process.stdout.write(lines.join('\n'))
  process.exitCode = status ?? 255
} else if (destination === null) {
  process.exitCode = spawnSync('/usr/bin/ssh', args, { stdio: 'inherit' }).status ?? 255
} else {
  await logIn(destination, options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 255
  })
}
