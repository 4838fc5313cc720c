import { describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import type { AskedCommand, ResolvedConfig } from '@shared/resolved-config'
import { warren, type FakeOptions } from './_fake-world'

const file = '/home/ann/.ssh/config'
const explained: ResolvedConfig['explained'] = [
  { line: 'host db', origin: { kind: 'default' } },
  { line: 'user ann', origin: { kind: 'command-line', option: '-l ann' } },
  { line: 'setenv A=1 B=\u001b[2J', origin: { kind: 'file', file, line: 3 } },
]
const lines = explained.map(({ line }) => line)
const unhonoured: ResolvedConfig['unhonoured'] = [
  {
    ...{ keyword: 'forwardagent', value: 'yes', origin: { kind: 'file', file, line: 4 } },
    ...{ support: 'unsupported', reason: 'Warren opens no shell' },
  },
  {
    ...{ keyword: 'loglevel', value: 'DEBUG', origin: { kind: 'file', file, line: 5 } },
    ...{ support: 'harmless', reason: 'Warren has its own log' },
  },
]
const first: AskedCommand = { command: 'test -f /vpn', file, line: 7 }
const second: AskedCommand = { command: 'true', file, line: 9 }

/** A daemon that asks about each command until it was allowed. */
function daemonAsking(...commands: readonly AskedCommand[]): NonNullable<FakeOptions['answers']> {
  const allowed = new Set<string>()
  return {
    'config.resolve': () => ({
      ...{ lines, explained, unhonoured },
      execAsked: commands.filter(({ command }) => !allowed.has(command)),
    }),
    'config.allowCommand': ({ command }: AskedCommand) => {
      allowed.add(command)
      return null
    },
  }
}

const answers = daemonAsking()

describe('config', () => {
  it('prints the lines of ssh -G and nothing else', async () => {
    const { code, out, err } = await warren(['config', 'db'], { answers })
    expect([code, out, err]).toEqual([0, `${lines.join('\n')}\n`, ''])
  })

  it.each([
    [['db'], { destination: 'db', file: null, username: null, port: null, allowExec: false }],
    [['-F', 'my.conf', 'ann@db'], { destination: 'ann@db', file: '/srv/here/my.conf' }],
    [['-F', '../x/my.conf', 'db'], { file: '/srv/x/my.conf' }],
    [['-F', '/etc/my.conf', 'db'], { file: '/etc/my.conf' }],
    [['-F', 'None', 'db'], { file: 'None' }],
    [['-l', 'ann', '-p', '2222', '--allow-exec', 'db'], { username: 'ann', port: 2222, allowExec: true }],
  ])('asks the daemon for what was typed: %j', async (words, request) => {
    const { params } = await warren(['config', ...words], { answers })
    expect(params('config.resolve')).toMatchObject(request)
  })

  it.each([
    [[]],
    [['']],
    [['-p', 'x', 'db']],
    [['-p', '0', 'db']],
    [['-F', '', 'db']],
    [['-l', '', 'db']],
    [['a', 'b']],
  ])('ends with 64: %j', async (words) => {
    const { code, calls } = await warren(['config', ...words], { answers })
    expect([code, calls]).toEqual([64, []])
  })

  it('ends with 1 and names the line of a bad config', async () => {
    const refuse = (): never => {
      throw new WarrenError('config.invalid', `The ssh config cannot be used: ${file}:2: "x" is not a port`)
    }
    const { code, out, err } = await warren(['config', 'db', '--json'], { answers: { 'config.resolve': refuse } })
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'config.invalid' } })
    expect(err).toContain(`${file}:2`)
  })

  it('explains with a tab for programs, the rest on standard error', async () => {
    const { out, err } = await warren(['config', 'db', '--explain'], { answers })
    expect(out.split('\n')).toEqual([
      'default\thost db',
      'command line, -l ann\tuser ann',
      `${file}:3\t${lines[2] ?? ''}`,
      '',
    ])
    expect(err.split('\n')).toEqual([
      'Warren does not act upon:',
      `  ${file}:4: forwardagent yes: Warren opens no shell`,
      `  ${file}:5: loglevel DEBUG: Warren has its own log (no loss for a forward)`,
      '',
    ])
  })

  it('explains in columns on a terminal, which obeys nothing of it', async () => {
    const { out } = await warren(['config', 'db', '--explain'], { answers, columns: 80 })
    expect(out.split('\n').slice(0, 2)).toEqual([
      'default                  host db',
      'command line, -l ann     user ann',
    ])
    expect(out).not.toContain('\u001b')
  })

  it('is one document with --json', async () => {
    const { out, err } = await warren(['config', 'db', '--json'], { answers })
    expect(JSON.parse(out)).toEqual({
      options: [
        { keyword: 'host', value: 'db', origin: { kind: 'default' } },
        { keyword: 'user', value: 'ann', origin: { kind: 'command-line', option: '-l ann' } },
        { keyword: 'setenv', value: 'A=1 B=\u001b[2J', origin: { kind: 'file', file, line: 3 } },
      ],
      unhonoured,
    })
    expect(err).toBe('')
  })
})

describe('a Match exec that nobody allowed', () => {
  it('is not run without a terminal, and one line says so', async () => {
    const { code, out, err, calls } = await warren(['config', 'db'], { answers: daemonAsking(first, second) })
    expect([code, out]).toEqual([0, `${lines.join('\n')}\n`])
    expect(err.split('\n')).toEqual([
      `warren: ${file}:7: Match exec was not run: test -f /vpn (--allow-exec runs it this once)`,
      `warren: ${file}:9: Match exec was not run: true (--allow-exec runs it this once)`,
      '',
    ])
    expect(calls.map(({ method }) => method)).toEqual(['config.resolve'])
  })

  it('is asked about once on a terminal, and only a yes is remembered', async () => {
    const outcome = await warren(['config', 'db'], { answers: daemonAsking(first, second), typed: ['no', 'yes'] })
    expect(outcome.code).toBe(0)
    expect(outcome.asked).toHaveLength(2)
    expect(outcome.err).toContain(`${file}:7 runs a command`)
    expect(outcome.err).toContain('  test -f /vpn\n')
    expect(outcome.calls.filter(({ method }) => method === 'config.allowCommand').map(({ params }) => params)).toEqual([
      { command: 'true', file },
    ])
  })

  it('ends the command when the person gives up', async () => {
    const { code, out } = await warren(['config', 'db'], { answers: daemonAsking(first), typed: [null] })
    expect([code, out]).toEqual([130, ''])
  })
})

it('completion and help know the command', async () => {
  expect((await warren(['help'])).out).toMatch(/^ {2}config /m)
  expect((await warren(['__complete', 'conf'])).out).toMatch(/^config\t/)
  expect((await warren(['__complete', 'config', '--'])).out).toContain('--explain\t')
})
