import { describe, expect, it } from 'vitest'
import type { Need } from '@shared/needs'
import type { ForwardSnapshot, ForwardState } from '@shared/snapshots'
import { server, view, warren, type FakeDaemon, type FakeOptions } from './_fake-world'

const fault = (code: string, message = 'It did not work.'): ForwardSnapshot['reason'] =>
  ({ code, message, fix: 'Old fix.', field: null, remedy: null, detail: null }) as ForwardSnapshot['reason']

function world(states: Record<string, ForwardState>, more: FakeOptions = {}): FakeOptions {
  const views = Object.entries(states).map(([name, state]) => view({ name, state, tags: ['t'] }))
  return {
    ...more,
    answers: {
      'forwards.list': () => views,
      'servers.list': () => [server()],
      'forwards.start': () => views,
      'forwards.wait': (params: { ids: string[] }) => views.filter(({ spec }) => params.ids.includes(spec.id)),
      ...more.answers,
    },
  }
}

describe('up', () => {
  it.each<[Record<string, ForwardState>, number]>([
    [{ a: 'running', b: 'running' }, 0],
    [{ a: 'running', b: 'degraded' }, 0],
    [{ a: 'running', b: 'failed' }, 3],
    [{ a: 'failed', b: 'waiting' }, 2],
    [{}, 0],
  ])('of %j ends with %i', async (states, code) => {
    expect((await warren(['up', '--all'], world(states))).code).toBe(code)
    const document = await warren(['up', '--all', '--json'], world(states))
    expect(document.code).toBe(code)
    expect(JSON.parse(document.out)).toHaveLength(Object.keys(states).length)
  })

  it('takes names, ids, tags and all, and starts nothing when a name is wrong', async () => {
    const states = { a: 'running', b: 'running' } as const
    const started = async (...words: string[]): Promise<unknown> =>
      (await warren(['up', ...words], world(states))).params('forwards.start')
    expect(await started('b', 'b')).toMatchObject({ ids: ['id-b'] })
    expect(await started('id-a')).toMatchObject({ ids: ['id-a'] })
    expect(await started('--tag', 't')).toMatchObject({ ids: ['id-a', 'id-b'] })
    const wrong = await warren(['up', 'a', 'nope'], world(states))
    expect([wrong.code, wrong.params('forwards.start')]).toEqual([1, undefined])
  })

  it('starts for a time, and refuses what is no time', async () => {
    const seconds = async (time: string): Promise<unknown> =>
      (await warren(['up', 'a', '--for', time], world({ a: 'running' }))).params('forwards.start')
    expect(await seconds('90s')).toMatchObject({ forSeconds: 90 })
    expect(await seconds('2h')).toMatchObject({ forSeconds: 7200 })
    expect(await seconds('1h30m')).toMatchObject({ forSeconds: 5400 })
    expect(await seconds('30d')).toMatchObject({ forSeconds: 2_592_000 })
    for (const wrong of ['2', 'h', '-1h', '0s', '31d', '1h 30m', '1.5h']) {
      const refused = await warren(['up', 'a', `--for=${wrong}`], world({ a: 'running' }))
      expect([refused.code, refused.params('forwards.start')], wrong).toEqual([64, undefined])
    }
  })

  it('waits 30 s, or as long as it is told', async () => {
    expect((await warren(['up', 'a'], world({ a: 'running' }))).params('forwards.wait')).toEqual({
      ids: ['id-a'],
      timeoutMs: 30_000,
    })
    const told = await warren(['up', 'a', '--wait', '2.5'], world({ a: 'running' }))
    expect(told.params('forwards.wait')).toMatchObject({ timeoutMs: 2500 })
  })

  it('without a terminal has unknown keys refused with their fingerprint, unless the server takes new ones', async () => {
    const ask = await warren(['up', 'a'], world({ a: 'running' }))
    expect(ask.params('forwards.start')).toEqual({ ids: ['id-a'], hostKeyPolicy: 'strict' })
    const answers = { 'servers.list': () => [server({ hostKeyPolicy: 'accept-new' })] }
    const accepts = await warren(['up', 'a'], world({ a: 'running' }, { answers }))
    expect(accepts.params('forwards.start')).toEqual({ ids: ['id-a'] })
    const typed = await warren(['up', 'a', '--host-key', 'accept-new'], world({ a: 'running' }))
    expect(typed.params('forwards.start')).toEqual({ ids: ['id-a'], hostKeyPolicy: 'accept-new' })
  })

  it('says what can be typed to get on', async () => {
    const failed = view({
      name: 'a',
      state: 'failed',
      reason: fault('ssh.host-key-unknown', 'bastion shows SHA256:abc.'),
    })
    const answers = { 'forwards.wait': () => [failed] }
    const { out, code } = await warren(['up', 'a', '--json'], world({ a: 'failed' }, { answers }))
    expect(code).toBe(2)
    const [snapshot] = JSON.parse(out) as { reason: { code: string; message: string; fix: string } }[]
    expect(snapshot?.reason).toMatchObject({ code: 'ssh.host-key-unknown', message: 'bastion shows SHA256:abc.' })
    expect(snapshot?.reason.fix).toContain('--host-key accept-new')
  })

  it('says so whatever the policy of host keys, and never to leave the one that was typed', async () => {
    const fixOf = async (code: string, policy: string): Promise<string> => {
      const failed = view({ name: 'a', state: 'failed', reason: fault(code) })
      const answers = { 'forwards.wait': () => [failed] }
      return (await warren(['up', 'a', '--host-key', policy], world({ a: 'failed' }, { answers }))).out
    }
    expect(await fixOf('need.cancelled', 'accept-new')).toContain('Start it from a terminal to be asked')
    expect(await fixOf('ssh.host-key-unknown', 'strict')).toContain('Old fix.')
  })
})

describe('questions', () => {
  const base = {
    ...{ id: 'n1', serverId: 'id-bastion', server: 'bastion', login: 'me@bastion:22', forwardIds: ['id-a'] },
    ...{ raisedAt: '', expiresAt: '' },
  }
  const hostKey: Need = {
    ...base,
    ...{ kind: 'host-key', host: 'bastion', port: 22, keyType: 'ssh-ed25519', randomart: '', knownAs: [] },
    ...{ recordedAs: 'bastion', certificate: null, knownHostsFile: null },
    fingerprint: 'SHA256:abcdefgh',
  }

  async function asked(
    needs: readonly Need[],
    typed?: readonly (string | null)[],
  ): Promise<Awaited<ReturnType<typeof warren>>> {
    let open = [...needs]
    let wake = (): void => undefined
    const answers = {
      'needs.list': () => open,
      'needs.answer': ({ id }: { id: string }, daemon: FakeDaemon) => {
        open = open.filter((need) => need.id !== id)
        daemon.emit('needs.changed', { needs: open })
        if (open.length === 0) wake()
        return null
      },
      'forwards.wait': () =>
        new Promise((resolve) => {
          wake = () => resolve([view({ name: 'a', state: 'running' })])
          if (open.length === 0) wake()
        }),
    }
    return await warren(['up', 'a'], world({ a: 'running' }, { answers, ...(typed === undefined ? {} : { typed }) }))
  }

  it('about a host key show the fingerprint and take yes, once, no or the fingerprint itself', async () => {
    const yes = await asked([hostKey], ['what?', 'yes'])
    expect(yes.params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'host-key', decision: 'trust' } })
    expect(yes.err).toContain('SHA256:abcdefgh')
    expect(yes.err).toContain('ssh-ed25519')
    expect(yes.asked).toHaveLength(2)
    expect((await asked([hostKey], ['once'])).params('needs.answer')).toMatchObject({ answer: { decision: 'once' } })
    expect((await asked([hostKey], ['no'])).params('needs.answer')).toMatchObject({ answer: { decision: 'reject' } })
    expect((await asked([hostKey], ['SHA256:abcdefgh'])).params('needs.answer')).toMatchObject({
      answer: { decision: 'trust' },
    })
  })

  it('about secrets are asked without echo', async () => {
    const password = await asked([{ ...base, kind: 'password', username: 'me', refused: false }], ['hush'])
    expect(password.params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'password', password: 'hush' } })
    expect(password.asked).toEqual([{ question: 'Password of me@bastion:22: ', echo: false }])
    expect(password.out + password.err).not.toContain('hush')
    const passphrase = await asked([{ ...base, kind: 'passphrase', keyFile: '/k', refused: false }], ['p'])
    expect(passphrase.params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'passphrase', passphrase: 'p' } })
  })

  it('of the server keep its words and its echo', async () => {
    const prompts = [
      { text: 'Name: ', echo: true },
      { text: 'Code\u001b[2J: ', echo: false },
    ]
    const both = await asked(
      [{ ...base, kind: 'keyboard-interactive', name: 'Two', instruction: 'Steps', prompts }],
      ['me', '123456'],
    )
    expect(both.params('needs.answer')).toEqual({
      id: 'n1',
      answer: { kind: 'keyboard-interactive', answers: ['me', '123456'] },
    })
    expect(both.asked.map(({ echo }) => echo)).toEqual([true, false])
    expect(both.asked[1]?.question).not.toContain('\u001b')
  })

  it('are asked one after the other', async () => {
    const second: Need = { ...base, id: 'n2', kind: 'password', username: 'me', refused: false }
    const both = await asked([hostKey, second], ['yes', 'hush'])
    expect(both.calls.filter(({ method }) => method === 'needs.answer')).toHaveLength(2)
  })

  it('end the command when the person gives up', async () => {
    const gaveUp = await asked([hostKey], [null])
    expect(gaveUp.params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'cancel' } })
    expect(gaveUp.code).toBe(130)
  })

  it('of a key that waits for a touch are shown, also without a terminal, and go away by themselves', async () => {
    const touch: Need = { ...base, kind: 'touch-key', key: 'yubi', reason: 'touch' }
    const answers = { 'needs.list': () => [touch] }
    const shown = await warren(['up', 'a'], world({ a: 'running' }, { answers }))
    expect(shown.err).toContain('Touch your key now: yubi logs in to bastion.')
    expect([shown.code, shown.params('needs.answer')]).toEqual([0, undefined])
    const gaveUp = await asked([touch], [null])
    expect(gaveUp.params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'cancel' } })
  })

  it('about new keys that a server announces are left to others without a terminal, since no start waits for them', async () => {
    const key = { keyType: 'ssh-ed25519', fingerprint: 'SHA256:x', randomart: '' }
    const rotation: Need = {
      ...{ ...base, kind: 'host-key-rotation', name: 'bastion', current: key },
      ...{ added: [key], retired: [] },
    }
    const answers = { 'needs.list': () => [rotation] }
    const shown = await warren(['up', 'a'], world({ a: 'running' }, { answers }))
    expect([shown.code, shown.params('needs.answer')]).toEqual([0, undefined])
  })

  it('are cancelled at once without a terminal, and those of others are left alone', async () => {
    const others: Need = { ...hostKey, id: 'n0', forwardIds: ['id-other'] }
    let answered: unknown[] = []
    const answers = {
      'needs.list': () => [others, hostKey],
      'needs.answer': (params: unknown) => {
        answered = [...answered, params]
        return null
      },
    }
    const { asked: questions } = await warren(['up', 'a'], world({ a: 'failed' }, { answers }))
    expect(answered).toEqual([{ id: 'n1', answer: { kind: 'cancel' } }])
    expect(questions).toEqual([])
  })
})

it('down stops and tells which address is free', async () => {
  const stopped = await warren(
    ['down', 'a'],
    world({ a: 'running' }, { answers: { 'forwards.stop': () => [view({ name: 'a', state: 'stopped' })] } }),
  )
  expect([stopped.code, stopped.out]).toEqual([0, 'Stopped a: 127.0.0.1:5432 is free\n'])
  const anyPort = view({ name: 'a', state: 'stopped', listen: { host: '127.0.0.1', port: 0 } })
  const answers = { 'forwards.stop': () => [anyPort] }
  expect((await warren(['down', 'a'], world({ a: 'running' }, { answers }))).out).toBe('Stopped a\n')
})

describe('run', () => {
  const outcome = (state: ForwardState): FakeOptions =>
    world(
      {},
      {
        answers: {
          'forwards.runAdHoc': () => ({ ids: ['id-web'] }),
          'forwards.wait': () => [view({ name: 'web', state })],
        },
      },
    )

  it('reads the options of ssh and hands them over unsaved', async () => {
    const words = ['run', '-L', '8080:web:80', '-p2222', '-i', 'key', '-J', 'a@one:22,two', '-l', 'me', 'host']
    const { params } = await warren(words, outcome('running'))
    expect(params('forwards.runAdHoc')).toMatchObject({
      server: { host: 'host', port: 2222, username: 'me', identityFiles: ['/srv/here/key'] },
      jumps: [
        { host: 'one', username: 'a' },
        { host: 'two', username: null },
      ],
      forwards: [{ type: 'local', localPort: 8080, remoteHost: 'web', remotePort: 80, name: 'web-80' }],
      hostKeyPolicy: 'strict',
    })
  })

  it('uses a saved server by its name, and takes a port after the host', async () => {
    const saved = await warren(['run', '-D', '1080', 'bastion'], outcome('running'))
    expect(saved.params('forwards.runAdHoc')).toMatchObject({ server: { host: 'bastion.example' } })
    const port = await warren(['run', '-D', '1080', 'me@host:2222', '--host-key', 'accept-new'], outcome('running'))
    expect(port.params('forwards.runAdHoc')).toMatchObject({
      server: { host: 'host', port: 2222, username: 'me' },
      hostKeyPolicy: 'accept-new',
    })
  })
})
