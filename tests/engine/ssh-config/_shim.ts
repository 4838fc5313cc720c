/** An `ssh` for the scripts of openssh-tests: `-G` is answered by our resolver, everything else by the installed ssh. */
import { execFileSync, spawnSync } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import { createSystemFiles, resolveSshConfig, type CommandOption } from '../../../src/engine/ssh-config'

const withValue = 'BbcDEeFIiJLlmOopQRSWw'
const known = 'bBcDFiJLlmopRSW46AaCfgNnTXxY'

interface Parsed {
  dumps: boolean
  readonly before: CommandOption[]
  readonly after: CommandOption[]
  destination: string | null
}

/** getopt(3), and once more behind the destination, as ssh does; a second bare word is the command. */
function parse(args: readonly string[]): Parsed {
  const parsed: Parsed = { dumps: false, before: [], after: [], destination: null }
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? ''
    if (!word.startsWith('-') || word === '-') {
      if (parsed.destination !== null) break
      parsed.destination = word
      continue
    }
    for (let at = 1; at < word.length; at += 1) {
      const flag = word.charAt(at)
      let value: string | undefined
      if (withValue.includes(flag)) {
        value = word.slice(at + 1)
        if (value === '') value = args[(index += 1)] ?? ''
        at = word.length
      }
      if (flag === 'G') parsed.dumps = true
      const option = (value === undefined ? { flag } : { flag, value }) as CommandOption
      if (known.includes(flag)) (parsed.destination === null ? parsed.before : parsed.after).push(option)
    }
  }
  return parsed
}

const args = process.argv.slice(2)
const parsed = parse(args)

if (!parsed.dumps || parsed.destination === null) {
  const done = spawnSync('/usr/bin/ssh', args, { stdio: 'inherit' })
  process.exitCode = done.status ?? 255
} else {
  const { username, uid, homedir } = userInfo()
  const environment = { variables: process.env, home: homedir, username, uid, hostname: hostname() }
  const exec = async (command: string): Promise<boolean> => {
    try {
      execFileSync('/bin/sh', ['-c', command], { stdio: 'inherit' })
      return true
    } catch {
      return false
    }
  }
  try {
    const resolved = await resolveSshConfig({
      destination: parsed.destination,
      options: parsed.before,
      laterOptions: parsed.after,
      environment,
      ports: { ...createSystemFiles(environment), exec },
    })
    process.stdout.write(`${resolved.lines().join('\n')}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 255
  }
}
