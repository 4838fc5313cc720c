import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { ResolvedConfig } from '@shared/resolved-config'
import type { RpcParams } from '@shared/rpc'
import { runMatchExec } from '../../src/daemon/ssh-config/_match-exec'
import { startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let running: TestDaemon
let client: DaemonClient
let config: string

beforeEach(async () => {
  place = temporaryHome()
  mkdirSync(join(place.home, '.ssh'), { mode: 0o700 })
  config = join(place.home, '.ssh', 'config')
  running = await startTestDaemon({ home: place.home })
  client = await running.connect()
})
afterEach(async () => {
  client.close()
  await running.daemon.stop({ keepWanted: false })
  place.remove()
})

function write(...lines: readonly string[]): void {
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
}

function resolve(more: Partial<RpcParams<'config.resolve'>> = {}): Promise<ResolvedConfig> {
  const request = { destination: 'db', file: null, username: null, port: null, allowExec: false }
  return client.call('config.resolve', { ...request, ...more })
}

describe('config.resolve', () => {
  it("reads the config of the daemon's home with its names", async () => {
    write('ControlPath /tmp/%u-%l', 'Port ssh', `UserKnownHostsFile ~${userInfo().username}/known`)
    const { lines, explained } = await resolve()
    expect(lines).toContain('port 22')
    expect(explained.find(({ line }) => line === 'port 22')?.origin).toEqual({ kind: 'file', file: config, line: 2 })
    expect(explained.map(({ line }) => line)).toEqual(lines)
    expect(lines.join('\n')).toContain(`userknownhostsfile ${userInfo().homedir}/known`)
    expect(lines).toContain(`controlpath /tmp/${userInfo().username}-${hostname()}`)
  })

  it('takes user, port and file from the call', async () => {
    write('User bob', 'Port 99', 'ForwardX11 yes')
    const other = join(place.home, 'other')
    writeFileSync(other, 'HostName 192.0.2.7\n')
    expect((await resolve({ username: 'ann', port: 44 })).lines).toEqual(
      expect.arrayContaining(['user ann', 'port 44']),
    )
    expect((await resolve({ file: other })).lines).toEqual(expect.arrayContaining(['hostname 192.0.2.7', 'port 22']))
    expect((await resolve()).unhonoured[0]).toMatchObject({ keyword: 'forwardx11', origin: { file: config, line: 3 } })
    expect((await resolve({ file: 'none' })).unhonoured).toEqual([])
  })

  it('names the line that ssh would refuse, and tells it from what was typed', async () => {
    write('Port 22', 'Bogus 1')
    await expect(resolve()).rejects.toMatchObject({ code: 'config.invalid', field: `${config}:2` })
    await expect(resolve({ destination: '@', file: 'none' })).rejects.toMatchObject({ code: 'command.invalid' })
  })
})

describe('a Match exec', () => {
  const marker = (): string => join(place.home, 'ran')

  it('runs only after it was allowed, in that file, and stays allowed', async () => {
    write(`Match exec "echo %h >> ${marker()}"`, 'Port 1')
    const command = `echo db >> ${marker()}`
    const before = await resolve()
    expect(before.lines).toContain('port 22')
    expect(before.execAsked).toEqual([{ command, file: config, line: 1 }])
    expect(existsSync(marker())).toBe(false)
    await client.call('config.allowCommand', { command, file: join(place.home, 'another') })
    expect((await resolve()).execAsked).toHaveLength(1)
    await client.call('config.allowCommand', { command, file: config })
    const after = await resolve()
    expect([after.execAsked, after.lines.includes('port 1')]).toEqual([[], true])
    expect(readFileSync(marker(), 'utf8')).toBe('db\n')
    expect((await resolve({ destination: 'web' })).execAsked).toMatchObject([{ command: `echo web >> ${marker()}` }])

    client.close()
    await running.daemon.stop({ keepWanted: false })
    running = await startTestDaemon({ home: place.home })
    client = await running.connect()
    expect((await resolve()).execAsked).toEqual([])
  })

  it('runs with allowExec, this once', async () => {
    write('Match exec "test -d $HOME"', 'Port 1', 'Match exec "exit 3"', 'User nobody')
    const { lines, execAsked } = await resolve({ allowExec: true })
    expect([lines.includes('port 1'), lines.includes('user nobody'), execAsked]).toEqual([true, false, []])
    expect((await resolve()).execAsked).toHaveLength(2)
  })

  it('counts as no match when it may not run, negated as well', async () => {
    write('Match !exec "false"', 'Port 1', 'Match host nope exec "true"', 'Port 2')
    const { lines, execAsked } = await resolve()
    expect(lines).toContain('port 22')
    expect(execAsked.map(({ command }) => command)).toEqual(['false'])
  })

  it('is ended with all it started when the client goes away', async () => {
    const pid = join(place.home, 'pid')
    const fifo = join(place.home, 'held')
    // The shell tells its own number, then waits in a child that nobody would end.
    write(`Match exec "echo $$ > ${pid}.new; mv ${pid}.new ${pid}; mkfifo ${fifo}; cat ${fifo}; true"`)
    const stop = new AbortController()
    const call = client.call(
      'config.resolve',
      { destination: 'db', file: null, username: null, port: null, allowExec: true },
      { signal: stop.signal },
    )
    await expect.poll(() => existsSync(pid)).toBe(true)
    const shell = Number(readFileSync(pid, 'utf8'))
    stop.abort()
    await expect(call).rejects.toThrow('aborted')
    await expect.poll(() => isAlive(shell)).toBe(false)
  })

  it('that nobody may end (sudo) is given up, and the daemon lives', async () => {
    const pid = join(place.home, 'pid')
    const stop = new AbortController()
    const options = { env: process.env, cwd: place.home, origin: { kind: 'default' } as const, signal: stop.signal }
    const run = runMatchExec(`echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sleep 600`, options)
    await expect.poll(() => existsSync(pid)).toBe(true)
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    stop.abort()
    await expect(run).rejects.toMatchObject({ code: 'cancelled' })
    kill.mockRestore()
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')
  })

  it('that dies by a signal is refused, as ssh does', async () => {
    write('Match exec "kill -9 $$"')
    await expect(resolve({ allowExec: true })).rejects.toMatchObject({ code: 'config.invalid', field: `${config}:1` })
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
