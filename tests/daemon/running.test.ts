import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { isRunning } from '../../src/daemon/_running'

describe('a process', () => {
  let parent: ChildProcess | null = null

  afterEach(() => {
    parent?.kill('SIGKILL')
    parent = null
  })

  it('runs until it ends', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    expect(isRunning(pid)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isRunning(pid)).toBe(false)
  })

  it('of somebody else runs too', () => {
    expect(isRunning(1)).toBe(true)
  })

  it.runIf(process.platform === 'linux')('that ended does not run, also while nobody collects it', async () => {
    // What the shell becomes never asks for its children.
    parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
    const [line] = (await once(createInterface({ input: parent.stdout ?? process.stdin }), 'line')) as [string]
    const pid = Number(line)
    const parentName = (): string => readFileSync(`/proc/${parent?.pid ?? 0}/comm`, 'utf8').trim()
    await expect.poll(parentName).toBe('sleep')
    expect(isRunning(pid)).toBe(true)
    ;(parent.stdio[3] as Writable).end()
    await expect.poll(() => isRunning(pid)).toBe(false)
    expect(existsSync(`/proc/${pid}`)).toBe(true)
  })
})
