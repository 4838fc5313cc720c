import { describe, expect, it } from 'vitest'
import { server, view, warren, type FakeOptions } from './_fake-world'

const some: FakeOptions = {
  answers: { 'forwards.list': () => [view()], 'servers.list': () => [server()] },
}

describe('wrong usage', () => {
  it.each([
    [['upp'], 'warren help'],
    [['up'], 'warren up --help'],
    [['up', '--nope', 'db'], 'warren up --help'],
    [['cloud', 'sharre'], 'warren cloud --help'],
    [['cloud', 'share', 'db'], 'warren cloud share --help'],
    [['cloud', 'share', '--to', 'personal'], 'warren cloud share --help'],
    [['help', 'cloud', 'sharre'], 'warren cloud --help'],
  ])('names the help of the command: warren %j', async (words, help) => {
    expect((await warren(words, some)).err).toContain(`\`${help}\` shows how.`)
    const { out } = await warren([...words, '--json'], some)
    expect(JSON.parse(out)).toMatchObject({ error: { fix: `\`${help}\` shows how.` } })
  })

  it('shows the help of a command within a command', async () => {
    const { code, out, err } = await warren(['help', 'cloud', 'share'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Usage: warren cloud share /)
    expect((await warren(['cloud', 'share', '--help'])).out).toBe(out)
    expect((await warren(['help', 'cloud'])).out).toMatch(/^Usage: warren cloud \[/)
    expect((await warren(['help', 'cloud', '--json'])).code).toBe(0)
  })

  it.each([
    [[]],
    [['upp']],
    [['up', '--nope', 'db']],
    [['up']],
    [['up', 'db', '--all']],
    [['up', 'db', '--wait', 'soon']],
    [['up', 'db', '--host-key', 'never']],
    [['add']],
    [['add', 'web', '--server', 'bastion']],
    [['add', 'web', '-L', '1:a:2', '-D', '3', '--server', 'bastion']],
    [['add', 'web', '-L', '1:a:2']],
    [['add', 'web', '-L', '99999:a:2', '--server', 'bastion']],
    [['add', 'web', '--command', 'ssh host']],
    [['add', 'web', '--command', 'scp -L 1:a:2 host']],
    [['add', 'web', '--command', 'ssh -L 1:a:2 h', '--server', 'bastion']],
    [['edit', 'db']],
    [['edit', 'db', '--port', '70000']],
    [['edit', 'db', '--target', 'nowhere']],
    [['run', 'host']],
    [['run', '-L', '1:a:2']],
    [['server']],
    [['server', 'add', 'x']],
    [['server', 'add', 'x', 'a b']],
    [['server', 'add', '', 'h']],
    [['server', 'add', 'x', 'h', '--proxy', 'ftp://x']],
    [['add', ' ', '-D', '1', '--server', 'bastion']],
    [['add', '', '--command', 'ssh -D 1 host']],
    [['edit', 'db', '--rename', '']],
    [['server', 'add', 'x', 'h', '--host-key', 'maybe']],
    [['server', 'add', 'x', 'h', '--password-stdin']],
    [['completion', 'tcsh']],
    [['logs', 'db', '--lines', '0']],
    [['--home', '', 'ls']],
  ])('ends with 64: warren %j', async (words) => {
    const { code, out, err } = await warren(words, some)
    expect(code).toBe(64)
    expect(out).toBe('')
    expect(err).not.toBe('')
  })

  it.each([[['upp', '--json']], [['up', '--json']], [['--json', 'add', 'x', '-L', 'zzz', '--server', 'bastion']]])(
    'is one JSON document with --json: warren %j',
    async (words) => {
      const { code, out, err } = await warren(words, some)
      expect(code).toBe(64)
      const document: unknown = JSON.parse(out)
      expect(Object.keys((document as { error: object }).error)).toEqual(['code', 'message', 'fix'])
      expect(err).not.toBe('')
    },
  )
})

describe('other ends', () => {
  it('end with 1 for a name that does not exist, and suggest a near one', async () => {
    const { code, err } = await warren(['status', 'bd'], some)
    expect(code).toBe(1)
    expect(err).toMatch(/no forward "bd"[\s\S]*Did you mean "db"/)
  })

  it('end with 69 when the daemon cannot be reached, with the document', async () => {
    const { code, out } = await warren(['ls', '--json'], { unreachable: true })
    expect(code).toBe(69)
    expect(JSON.parse(out)).toEqual({
      error: { code: 'daemon.unreachable', message: 'No daemon answers.', fix: 'Start it.' },
    })
  })

  it('show help with 0 and name no command of a later release', async () => {
    const { code, out } = await warren(['help'])
    expect(code).toBe(0)
    for (const later of ['export', '__complete']) {
      expect(out).not.toMatch(new RegExp(`^ +${later}\\b`, 'm'))
    }
    expect((await warren(['help', 'up'])).out).toContain('--host-key')
    expect((await warren(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
