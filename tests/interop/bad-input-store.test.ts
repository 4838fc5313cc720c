/** A data folder that is not fit: named, nothing left in it, and nothing that was saved is lost. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWorld, type Ended, type World } from './_bad-input'

const isRoot = process.getuid?.() === 0
const STRANGER = 65_534
const MEGABYTE = 1024 * 1024

let world: World
let at: (...names: string[]) => string

beforeEach(() => {
  world = openWorld()
  at = (...names) => join(world.home, ...names)
})
afterEach(async () => {
  await world.end()
})

const stopped = async (): Promise<void> => {
  expect(await world.warren('daemon', 'stop')).toMatchObject({ code: 0 })
}

describe('a data folder', () => {
  it.each([
    [
      'a file',
      (): string => {
        writeFileSync(at('file'), '')
        return at('file')
      },
      /file is not a folder/,
    ],
    [
      'below a file',
      (): string => {
        writeFileSync(at('file'), '')
        return at('file', 'deep', 'down')
      },
      /not a folder, or lies below a file/,
    ],
    ['where nothing can be made', () => '/proc/warren', /\/proc\/warren cannot be written/],
    [
      'shared with everybody',
      (): string => {
        mkdirSync(at('shared'))
        chmodSync(at('shared'), 0o1777)
        return at('shared')
      },
      /shared is shared with others/,
    ],
  ])('that is %s is named', async (_what, make, said) => {
    const folder = make()
    const refusal = await world.refused('--home', folder, 'ls')
    expect(refusal).toMatchObject({ exit: 1, code: 'store.unwritable' })
    expect(refusal.message).toMatch(said)
    expect(refusal.fix).toContain('WARREN_HOME')
    if (existsSync(folder) && statSync(folder).isDirectory()) expect(readdirSync(folder)).toEqual([])
  })

  it.runIf(isRoot)('of somebody else is named and left alone', async () => {
    mkdirSync(at('theirs'))
    chownSync(at('theirs'), STRANGER, STRANGER)
    const refusal = await world.refused('--home', at('theirs'), 'ls')
    expect(refusal).toMatchObject({ exit: 1, code: 'store.unwritable' })
    expect(refusal.message).toMatch(/belongs to somebody else/)
    expect(readdirSync(at('theirs'))).toEqual([])
  })

  it.each(['warren.db', 'warren.lock'])('with a folder in the place of %s is named', async (name) => {
    mkdirSync(at(name))
    expect(await world.refused('ls')).toMatchObject({ exit: 1, code: 'store.unwritable' })
    expect(statSync(at(name)).isDirectory()).toBe(true)
  })

  it('does without logs that cannot be written', async () => {
    writeFileSync(at('logs'), '')
    expect(await world.warren('server', 'add', 'bastion', 'h')).toMatchObject({ code: 0 })
  })
})

describe('the folder of the socket', () => {
  it('is closed to others before the socket is in it', async () => {
    mkdirSync(at('run'))
    chmodSync(at('run'), 0o777)
    expect(await world.warren('ls')).toMatchObject({ code: 0 })
    expect(statSync(at('run')).mode & 0o777).toBe(0o700)
    expect(statSync(at('run', 'daemon.sock')).mode & 0o777).toBe(0o600)
  })

  it('is not followed when it is a link', async () => {
    mkdirSync(at('elsewhere'))
    symlinkSync(at('elsewhere'), at('run'))
    expect(await world.refused('ls')).toMatchObject({ exit: 1, code: 'store.unwritable' })
    expect(readdirSync(at('elsewhere'))).toEqual([])
    rmSync(at('run'))
  })

  it.runIf(isRoot)('is not trusted when somebody else owns it, or the socket', async () => {
    expect(await world.warren('ls')).toMatchObject({ code: 0 })
    for (const path of [at('run'), at('run', 'daemon.sock')]) {
      chownSync(path, STRANGER, STRANGER)
      const refusal = await world.refused('ls')
      expect(refusal).toMatchObject({ exit: 1, code: 'store.unwritable' })
      expect(refusal.message).toContain(`${path} belongs to somebody else`)
      chownSync(path, 0, 0)
    }
    expect(await world.warren('ls')).toMatchObject({ code: 0 })
  })
})

describe('the data file', () => {
  it('of a newer Warren is refused and not touched', async () => {
    expect(await world.warren('server', 'add', 'bastion', 'h')).toMatchObject({ code: 0 })
    await stopped()
    const bytes = readFileSync(at('warren.db'))
    bytes.writeUInt32BE(4711, 60)
    writeFileSync(at('warren.db'), bytes)
    const refusal = await world.refused('ls')
    expect(refusal).toMatchObject({ exit: 1, code: 'store.newer' })
    expect(refusal.message).toMatch(/version 4711/)
    expect(readFileSync(at('warren.db')).equals(bytes)).toBe(true)
  })

  it('that is damaged is set aside, told, and the backup takes its place', async () => {
    expect(await world.warren('server', 'add', 'bastion', 'h')).toMatchObject({ code: 0 })
    // The first start with something in it makes the day's backup.
    await stopped()
    expect(await world.warren('ls')).toMatchObject({ code: 0 })
    await stopped()
    const damaged = Buffer.alloc(20_000, 'no database')
    writeFileSync(at('warren.db'), damaged)
    expect((await world.warren('server', 'ls')).out).toContain('bastion')
    expect((await world.warren('daemon', 'status', '--json')).out).toContain('store.damaged')
    const aside = readdirSync(world.home).find((name) => /damaged[^.]*$/.test(name.replace(/-(wal|shm)$/, '')))
    expect(readFileSync(at(aside ?? '')).equals(damaged)).toBe(true)
  })

  it.runIf(isRoot)('on a full disk keeps what was saved, says so, and goes on when there is room', async () => {
    mkdirSync(at('disk'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', at('disk')])
    const small = openWorld(at('disk', 'home'))
    try {
      expect(await small.warren('server', 'add', 'bastion', 'h')).toMatchObject({ code: 0 })
      const pid = await small.daemonPid()
      fill(at('disk'))
      const accepted: string[] = []
      let refusal: Ended | null = null
      // The log of the database may still have some room in it.
      for (let number = 0; number < 40 && refusal === null; number++) {
        const tried = await small.warren('add', `f${number}`, '-D', '0', '--server', 'bastion', '--json')
        if (tried.code === 0) accepted.push(`f${number}`)
        else refusal = tried
      }
      expect(refusal?.code).toBe(1)
      expect(JSON.parse(refusal?.out ?? '')).toMatchObject({ error: { code: 'store.full' } })
      expect(refusal?.err).toContain(at('disk', 'home'))
      expect(await small.daemonPid()).toBe(pid)
      rmSync(at('disk', 'filler'))
      expect(await small.warren('server', 'add', 'after', 'h')).toMatchObject({ code: 0 })
      expect(await small.warren('daemon', 'stop')).toMatchObject({ code: 0 })
      const saved = await small.saved()
      for (const name of ['bastion', 'after', ...accepted]) expect(saved).toContain(`"name": "${name}"`)
    } finally {
      await small.end()
      execFileSync('umount', [at('disk')])
    }
  })

  it.runIf(isRoot)('on a disk that is mounted to be read only is refused', async () => {
    mkdirSync(at('disk'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at('disk')])
    try {
      execFileSync('mount', ['-o', 'remount,ro', at('disk')])
      expect(await world.refused('--home', at('disk'), 'ls')).toMatchObject({ exit: 1, code: 'store.unwritable' })
      expect(await world.refused('--home', at('disk', 'home'), 'ls')).toMatchObject({ code: 'store.unwritable' })
    } finally {
      execFileSync('umount', [at('disk')])
    }
  })
})

describe('the file of secrets', () => {
  it.each([
    ['open to others', '{"version":1,"secrets":[]}', 0o644, /Others can read .*secrets\.json/],
    ['not what Warren wrote', 'hunter2', 0o600, /secrets\.json is not what Warren wrote/],
  ])('that is %s is not used and not overwritten', async (_what, text, mode, said) => {
    writeFileSync(at('secrets.json'), text)
    chmodSync(at('secrets.json'), mode)
    const { code, out } = await world.given('pw', 'server', 'add', 'bastion', 'h', '--password-stdin', '--json')
    const { error } = JSON.parse(out) as { error: { code: string; message: string } }
    expect([code, error.code]).toEqual([1, 'secret.unreadable'])
    expect(error.message).toMatch(said)
    expect(error.message).not.toContain('hunter2')
    expect(readFileSync(at('secrets.json'), 'utf8')).toBe(text)
    expect((await world.warren('server', 'ls', '--json')).out.trim()).toBe('[]')
  })
})

it('keeps a data folder that moves while no daemon runs', async () => {
  expect(await world.warren('server', 'add', 'bastion', 'h')).toMatchObject({ code: 0 })
  await stopped()
  const moved = join(tmpdir(), `${world.home.split('/').at(-1) ?? ''}-moved`)
  renameSync(world.home, moved)
  mkdirSync(world.home)
  try {
    expect((await world.warren('--home', moved, 'server', 'ls')).out).toContain('bastion')
  } finally {
    await world.warren('--home', moved, 'daemon', 'stop')
    rmSync(moved, { recursive: true, force: true })
  }
})

/** Takes every byte that is left. */
function fill(folder: string): void {
  const file = join(folder, 'filler')
  for (let size = MEGABYTE; size >= 4096; size /= 2) {
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
    }
  }
  expect(statfsSync(folder).bavail).toBe(0)
}
