import { describe, expect, it } from 'vitest'
import type { CloudView } from '@shared/cloud-views'
import { WarrenError } from '@shared/errors'
import type { RpcMethod } from '@shared/rpc'
import { answers, cloud, conflict, db, OPS, shared, signedOut, team, URL, web } from './_cloud-answers'
import { view, warren, type FakeOptions } from './_fake-world'

const run = (words: string, options: FakeOptions = {}): ReturnType<typeof warren> =>
  warren(words.split(' '), { ...options, answers: { ...answers, ...options.answers } })
const sent = async (words: string, method: RpcMethod, options: FakeOptions = {}): Promise<unknown> => {
  const { params, code, err } = await run(words, options)
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' })
  return params(method)
}

describe('signing in', () => {
  it('takes the password from standard input, with one end of line less', async () => {
    const words = `cloud login ${URL} --email ada@example.com --password-stdin --keep file --adopt`
    expect(await sent(words, 'cloud.login', { input: 'geheim\n' })).toEqual({
      ...{ url: URL, email: 'ada@example.com', password: 'geheim', keep: 'file', insecure: false, adopt: true },
    })
  })

  it('asks a person, the password without echo', async () => {
    const { asked, params, out, err } = await run(`cloud login ${URL}`, { typed: ['ada@example.com', 'geheim'] })
    expect(asked.map(({ echo }) => echo)).toEqual([true, false])
    expect(params('cloud.login')).toMatchObject({ email: 'ada@example.com', password: 'geheim' })
    expect(out).toBe(`Signed in to ${URL} as ada@example.com\n`)
    expect(err).toContain('Nothing is shared until you say so')
  })

  it('signs in again to the account of before, where it was kept', async () => {
    const before = { 'cloud.status': () => cloud({ state: 'login-needed', keeps: 'file' }) }
    expect(await sent('cloud login', 'cloud.login', { typed: ['geheim'], answers: before })).toMatchObject({
      ...{ url: URL, email: 'ada@example.com', keep: 'file' },
    })
    expect((await run('cloud login', { typed: ['geheim'], answers: before })).err).not.toContain('Nothing is shared')
    const none = await run('cloud login', { typed: [], answers: { 'cloud.status': () => signedOut } })
    expect(none).toMatchObject({ code: 64, err: expect.stringContaining('warren cloud login URL') as string })
  })

  it('waits for nobody, and never asks a daemon for what is wrong', async () => {
    for (const words of [
      `cloud login ${URL}`,
      `cloud login ${URL} --email a@b.c`,
      `cloud login cloud.example --email a@b.c`,
      `cloud login ${URL} --email a@b.c --password-stdin`,
      `cloud login ${URL} --keep pocket`,
      `cloud register ${URL}/invite --email a@b.c --name ada --password-stdin`,
      'cloud passwd',
      'cloud poll 1',
    ]) {
      expect(await run(words, { unreachable: true })).toMatchObject({ code: 64, out: '' })
    }
    expect((await run('cloud passwd --password-stdin', { input: 'one\n', unreachable: true })).code).toBe(64)
  })

  it('says what can be typed where there is no keychain', async () => {
    const refused = (): never => {
      throw new WarrenError('secret.no-keyring', 'This desktop has no keyring.')
    }
    const { code, err } = await run(`cloud login ${URL} --email a@b.c --password-stdin`, {
      ...{ input: 'x', answers: { 'cloud.login': refused } },
    })
    expect(code).toBe(1)
    expect(err).toContain('--keep file')
  })

  it('asks a person about the file where there is no keychain', async () => {
    const login = ({ keep }: { keep?: string }): CloudView => {
      if (keep !== 'file') throw new WarrenError('secret.no-keyring', 'This desktop has no keyring.')
      return cloud({ keeps: 'file' })
    }
    const words = `cloud login ${URL} --email a@b.c`
    const yes = await run(words, { typed: ['geheim', 'yes'], answers: { 'cloud.login': login } })
    expect(yes.code).toBe(0)
    expect((await run(words, { typed: ['geheim', 'no'], answers: { 'cloud.login': login } })).code).toBe(1)
    const asked = await run(`${words} --keep keychain`, { typed: ['geheim'], answers: { 'cloud.login': login } })
    expect(asked).toMatchObject({ code: 1, asked: [{ echo: false }] })
  })

  it('registers with a link, typing the new password twice', async () => {
    const words = `cloud register ${URL}/invite#token --email ada@example.com`
    expect(await sent(words, 'cloud.register', { typed: ['ada', 'geheim1', 'geheim1'] })).toMatchObject({
      ...{ url: `${URL}/invite#token`, username: 'ada', password: 'geheim1' },
    })
    expect(await run(words, { typed: ['ada', 'geheim1', 'geheim2'] })).toMatchObject({ code: 64 })
  })

  it('changes the password', async () => {
    expect(
      await sent('cloud passwd --password-stdin', 'cloud.changePassword', { input: 'old one\nnew one\n' }),
    ).toEqual({
      ...{ oldPassword: 'old one', newPassword: 'new one' },
    })
    const { asked } = await run('cloud passwd', { typed: ['old one', 'new one', 'new one'] })
    expect(asked.every(({ echo }) => !echo)).toBe(true)
  })
})

describe('cloud status', () => {
  it('tells how it stands, and what waits', async () => {
    const { out } = await run('cloud status')
    expect(out.split('\n').slice(0, 3)).toEqual([
      `In sync · ada@example.com at ${URL}`,
      '  last round    30 s ago',
      '  changes       come at once',
    ])
    expect(out).toContain('  team          ops (owner)\n')
    const keyless = await run('cloud status', { answers: { 'cloud.status': () => cloud({ key: 'none' }) } })
    expect(keyless.out).toContain('warren cloud key make\n')
    const unheard = cloud({ state: 'starting', lastSyncAt: null, mode: 'polling', key: 'none' })
    const started = await run('cloud status', { answers: { 'cloud.status': () => unheard } })
    expect(started.out).toMatch(/^Connecting · /)
    expect(started.out).not.toMatch(/changes|secrets/)
    const fault = new WarrenError('cloud.unreachable', 'cloud.example does not answer.').toFault()
    const offline = cloud({ state: 'offline', waiting: 2, conflicts: 1, refused: 1, fault, mode: 'polling' })
    const away = await run('cloud status', { answers: { 'cloud.status': () => offline } })
    expect(away.out).toMatch(/^Offline since \d/)
    for (const text of ['does not answer', '2 changes', '1 conflict', 'refused 1 change']) {
      expect(away.out).toContain(text)
    }
  })

  it('tells for a day what went with a team that others took one out of', async () => {
    const lost = (subject: string, at: string): unknown => ({
      ...{ id: 1, at, kind: 'removed', forwardId: null, serverId: null, subject, code: 'cloud.not-found' },
      message: `You are no longer in ${subject}.`,
    })
    const events = [lost('dev', '2026-01-01T00:00:00.000Z'), lost('ops', '2026-01-01T00:00:00.000Z')]
    const told = await run('cloud status', { answers: { 'activity.list': () => events } })
    expect(told.out).toContain('  You are no longer in dev.\n  Bring them back as your own: warren restore\n')
    expect(told.out).not.toContain('no longer in ops')
    const old = { 'activity.list': () => [lost('dev', '2025-12-30T00:00:00.000Z')] }
    expect((await run('cloud status', { answers: old })).out).not.toContain('no longer')
  })

  it('says how often a server is asked that tells of nothing itself', async () => {
    const bare = { 'cloud.status': () => cloud({ mode: 'polling' }) }
    expect((await run('cloud status', { answers: bare })).out).toContain('changes       are asked for every 30 s')
  })

  it('is one document for programs, and no fault when nobody is signed in', async () => {
    expect(JSON.parse((await run('cloud status --json')).out)).toEqual(cloud())
    const out = await run('cloud status', { answers: { 'cloud.status': () => signedOut } })
    expect(out).toMatchObject({ code: 0, out: 'Signed out\n', err: 'Sign in: warren cloud login URL\n' })
    expect((await run('cloud logout')).out).toBe(`Signed out of ${URL}; your forwards stay on this machine.\n`)
    expect((await run('cloud poll 60')).out).toBe('The server is asked every 60 s.\n')
  })
})

describe('sync', () => {
  it('ends with 0 when both sides are the same, else with 1 and what waits', async () => {
    expect(await run('sync')).toMatchObject({ code: 0, out: `In sync · ada@example.com at ${URL}\n` })
    const held = cloud({ state: 'conflict', conflicts: 1 })
    expect(await run('sync', { answers: { 'cloud.sync': () => held } })).toMatchObject({
      ...{ code: 1, out: expect.stringContaining('warren cloud conflicts') as string },
    })
    const refused = cloud({ refused: 1 })
    expect((await run('sync --json', { answers: { 'cloud.sync': () => refused } })).code).toBe(1)
    expect(await run('sync', { answers: { 'cloud.status': () => signedOut } })).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('Sign in: warren cloud login URL') as string },
    })
    expect((await run('sync', { unreachable: true })).code).toBe(69)
  })
})

describe('sharing', () => {
  it('moves forwards to this machine, the account or a team by its name', async () => {
    expect(await sent('cloud share db web --to ops', 'cloud.share')).toEqual({
      ids: ['id-db', 'id-web'],
      namespace: OPS,
    })
    expect(await sent('cloud share --all --to personal --yes', 'cloud.share')).toMatchObject({ namespace: 'personal' })
    expect(await sent(`cloud share db --to ${OPS}`, 'cloud.share')).toMatchObject({ namespace: OPS })
    expect((await run('cloud share db --to ops')).out).toBe('db is shared with ops\n')
    const unknown = await run('cloud share db --to opps')
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean "ops"?') as string })
    expect(await run('cloud share db')).toMatchObject({ code: 64 })
  })

  it('says that the others lose what is taken out of a team', async () => {
    const alone = { 'cloud.share': () => [view()] }
    const { out } = await run('cloud share db --to local', { answers: alone })
    expect(out).toBe('db is on this machine only; it goes away for the others of ops\n')
    const mine = { 'cloud.share': () => [{ ...db, cloud: shared({ namespace: 'personal', space: 'Personal' }) }] }
    const moved = await run('cloud share db --to personal', { answers: mine })
    expect(moved.out).toBe('db is in your account; it goes away for the others of ops\n')
  })

  it('says who else loses what is removed', async () => {
    const gone = { 'forwards.remove': () => null }
    expect((await run('rm db web', { answers: gone })).out).toBe(
      'Removed db; it goes away for the others of ops\nRemoved web\n',
    )
    const mine = { ...db, cloud: shared({ namespace: 'personal', space: 'Personal' }) }
    const { out } = await run('rm db', { answers: { ...gone, 'forwards.list': () => [mine] } })
    expect(out).toBe('Removed db, from your other machines too\n')
  })

  it('shares all that can be, and names what cannot', async () => {
    const share = ({ ids }: { ids: readonly string[] }): unknown => {
      if (ids.includes('id-web')) throw new WarrenError('cloud.refused', 'web cannot be shared: a range.')
      return [db]
    }
    const all = await run('cloud share --all --to ops', { answers: { 'cloud.share': share } })
    expect(all).toMatchObject({
      code: 0,
      out: 'db is shared with ops\n',
      err: 'Left out web: web cannot be shared: a range.\n',
    })
    const ofTeam = ({ ids }: { ids: readonly string[] }): unknown => {
      if (ids.includes('id-web')) throw new WarrenError('cloud.forbidden', 'web stays with its team.')
      return [db]
    }
    const rest = await run('cloud share --all --to ops', { answers: { 'cloud.share': ofTeam } })
    expect(rest).toMatchObject({ code: 0, err: 'Left out web: web stays with its team.\n' })
    expect((await run('cloud share db web --to ops', { answers: { 'cloud.share': share } })).code).toBe(1)
  })

  it('asks for the id where two teams have one name', async () => {
    const twins = (): CloudView => cloud({ teams: [team, { ...team, id: 'other' }] })
    const { code, err } = await run('cloud share db --to ops', { answers: { 'cloud.status': twins } })
    expect(code).toBe(64)
    expect(err).toContain(`${OPS}, other`)
  })

  it('shows what is shared and what is mine, and changes it', async () => {
    const { out, params } = await run('cloud own db localport')
    expect(params('cloud.setOverride')).toEqual({ id: 'id-db', field: 'localPort', own: true })
    expect(out).toMatch(/^FIELD +OPS +HERE/)
    expect(out).toMatch(/localPort +Local port +5432 +5432 +own/)
    expect(await sent('cloud own db localPort --drop', 'cloud.setOverride')).toMatchObject({ own: false })
    expect((await run('cloud own db nothing')).code).toBe(64)
    expect((await run('cloud own web')).err).toContain('on this machine only')
    expect((await run('cloud runs db')).out).toMatch(/^grace@example.com {2}desk {2}for 30 s/)
  })

  it('has a column in the list only when something is shared', async () => {
    const lines = (await run('ls')).out.split('\n')
    expect(lines[0]).toMatch(/^● db +ops {2}127/)
    expect((await run('ls', { answers: { 'forwards.list': () => [web] } })).out).toMatch(/^● web {2}127/)
    const moved = { ...db, cloud: shared({ state: 'waiting', remapped: { from: 5432, to: 5433 } }) }
    const told = await run('ls', { answers: { 'forwards.list': () => [moved] } })
    expect(told.out).toContain('ops (waiting)')
    expect(told.out).toContain('The shared port 5432 was taken here: it listens on 5433 on this machine.')
    const sealed = { ...db, cloud: shared({ secrets: [{ kind: 'keyContent', readable: false }] }) }
    const { out } = await run('status db', { answers: { 'forwards.list': () => [sealed] } })
    expect(out).toContain('  shared with ops\n  comes with a sealed key, which this machine cannot open\n')
    const list = JSON.parse((await run('ls --json')).out) as { cloud: unknown }[]
    expect(list.map((one) => one.cloud)).toEqual([
      {
        ...{ namespace: OPS, space: 'ops', state: 'synced', reason: null, editable: true, overrides: [] },
        ...{ remapped: null, secrets: [], activeElsewhere: false },
      },
      null,
    ])
  })
})

describe('conflicts', () => {
  it('shows mine, theirs and before, and how to settle it', async () => {
    const { out } = await run('cloud conflicts')
    expect(out).toContain('db was changed here and in ops')
    expect(out).toMatch(/localPort +Local port +1 +2 +5432/)
    expect(out).toContain('warren cloud resolve db --mine | --theirs | --local | --field localPort=mine …')
  })

  it('offers to keep nothing of what was deleted here', async () => {
    const gone = { ...conflict, kind: 'deleted-here', mine: null, forwardId: null }
    const { out } = await run('cloud conflicts', { answers: { 'cloud.conflicts': () => [gone] } })
    expect(out).toContain('resolve db --mine | --theirs\n')
    expect(out).toContain('--mine deletes it for all, --theirs brings it back here.')
  })

  it('settles as a whole or per field', async () => {
    expect(await sent('cloud resolve c0f --theirs', 'cloud.resolve')).toEqual({ id: 'c0ffee', choice: 'theirs' })
    expect(await sent('cloud resolve db --local', 'cloud.resolve')).toEqual({ id: 'c0ffee', choice: 'local' })
    const split = { localPort: 'mine', name: 'theirs' }
    for (const words of ['--field localPort=mine --field name=theirs', '--theirs --field LOCALPORT=mine']) {
      expect(await sent(`cloud resolve db ${words}`, 'cloud.resolve')).toEqual({
        id: 'c0ffee',
        choice: { fields: split },
      })
    }
  })

  it('refuses half a decision', async () => {
    for (const words of [
      '',
      ' --mine --theirs',
      ' --field name=mine',
      ' --mine --field type=mine',
      ' --field name=us',
    ]) {
      const { code, calls } = await run(`cloud resolve db${words}`)
      expect({ words, code }).toEqual({ words, code: 64 })
      expect(calls.some(({ method }) => method === 'cloud.resolve')).toBe(false)
    }
    expect(await run('cloud resolve other --mine')).toMatchObject({ code: 1 })
  })
})

describe('teams', () => {
  it('are made, joined, and listed', async () => {
    expect(await sent('cloud team create ops', 'cloud.createTeam')).toEqual({ name: 'ops' })
    const first = await run('cloud team create ops', { answers: { 'cloud.status': () => cloud({ teams: [] }) } })
    expect(first.err).toBe('Invite people: warren cloud team invite ops\n')
    const twin = await run('cloud team create ops', { answers: { 'cloud.createTeam': () => ({ ...team, id: 'two' }) } })
    expect(twin).toMatchObject({
      out: 'Made the team ops\n',
      err: 'You are in another team of this name: name each by its id.\nInvite people: warren cloud team invite two\n',
    })
    expect(await sent('cloud team join token', 'cloud.joinTeam')).toEqual({ link: 'token' })
    expect((await run('cloud teams')).out).toBe(`ops  owner  ${OPS}\n`)
    expect((await run('cloud team members ops')).out).toContain(
      'waits for the key of the team: AAAA BBBB CCCC DDDD · warren cloud key grant ops grace@example.com',
    )
    expect((await run('cloud team audit ops')).out).toContain('member.invite')
  })

  it('invite by a link that is alone on standard output', async () => {
    const { out, params } = await run('cloud team invite ops --role user --days 3')
    expect(out).toBe(`${URL}/invite#t\n`)
    expect(params('cloud.invite')).toEqual({ teamId: OPS, role: 'user', days: 3 })
    expect((await run('cloud team invite ops --role king')).code).toBe(64)
    expect((await run('cloud team invitations ops')).out).toBe('i1  user  until 2026-01-08\n')
    expect(await sent('cloud team withdraw ops i1', 'cloud.withdraw')).toEqual({ teamId: OPS, invitationId: 'i1' })
  })

  it('know members by address or name', async () => {
    const who = { teamId: OPS, userId: 'u2' }
    expect(await sent('cloud team remove ops GRACE@example.com', 'cloud.removeMember')).toEqual(who)
    expect(await sent('cloud team role ops grace user', 'cloud.setRole')).toEqual({ ...who, role: 'user' })
    expect((await run('cloud team remove ops hedy')).err).toContain('Nobody called "hedy" is in ops.')
  })

  it('end only when somebody says so', async () => {
    expect(await run('cloud team dissolve ops')).toMatchObject({
      code: 64,
      err: expect.stringContaining('--yes') as string,
    })
    expect((await run('cloud team dissolve ops', { typed: ['no'] })).code).toBe(1)
    expect(await sent('cloud team dissolve ops --yes', 'cloud.dissolveTeam')).toEqual({ teamId: OPS })
    expect(await sent('cloud team leave ops', 'cloud.leaveTeam', { typed: ['yes'] })).toEqual({ teamId: OPS })
  })
})

describe('keys and secrets', () => {
  it('prints the code alone, once', async () => {
    expect(await run('cloud key make')).toMatchObject({ code: 0, out: 'aaaa-bbbb\n' })
    expect(await sent('cloud key unlock --code-stdin', 'cloud.unlock', { input: 'aaaa-bbbb\n' })).toEqual({
      recoveryCode: 'aaaa-bbbb',
    })
    expect((await run('cloud key unlock', { typed: ['x'] })).asked).toEqual([
      { question: 'Recovery code: ', echo: false },
    ])
    expect((await run('cloud key reset')).code).toBe(64)
    expect((await run('cloud key reset --yes')).out).toBe('cccc-dddd\n')
  })

  it('makes the first key with the first secret, and never loses its code', async () => {
    const none = { 'cloud.status': () => cloud({ key: 'none' }) }
    const { err, calls } = await run('cloud secret set db password --stdin', { input: 'x', answers: none })
    expect(err).toContain('Its recovery code: aaaa-bbbb\n')
    const [make, set] = calls.slice(-2).map(({ method }) => method)
    expect([make, set]).toEqual(['cloud.makeKey', 'cloud.setSecret'])
    const unshared = await run('cloud secret set web password --stdin', { input: 'x', answers: none })
    expect(unshared.calls.some(({ method }) => method === 'cloud.makeKey')).toBe(false)
    const mayRun = { ...none, 'forwards.list': () => [{ ...db, cloud: shared({ editable: false }) }] }
    const refused = await run('cloud secret set db password --stdin', { input: 'x', answers: mayRun })
    expect(refused.calls.some(({ method }) => method === 'cloud.makeKey')).toBe(false)
  })

  it('says when there was no secret to take back', async () => {
    expect(await run('cloud secret clear db password')).toMatchObject({
      code: 0,
      out: '',
      err: 'db shared no password.\n',
    })
    const sealed = { ...db, cloud: shared({ secrets: [{ kind: 'keyContent', readable: true }] }) }
    const cleared = await run('cloud secret clear db key', { answers: { 'forwards.list': () => [sealed] } })
    expect(cleared).toMatchObject({ code: 0, out: 'Took back the key of db\n' })
  })

  it('gives the key of a team only for a fingerprint that was compared', async () => {
    const given = { teamId: OPS, userId: 'u2', fingerprint: 'AAAA BBBB CCCC DDDD' }
    expect(await run('cloud key grant ops grace')).toMatchObject({ code: 64 })
    expect((await run('cloud key grant ops grace', { typed: ['no'] })).code).toBe(1)
    const { params, err } = await run('cloud key grant ops grace', { typed: ['yes'] })
    expect(params('cloud.grantKey')).toEqual(given)
    expect(err).toContain('AAAA BBBB CCCC DDDD')
    const words = ['cloud', 'key', 'grant', 'ops', 'grace', '--fingerprint', 'AAAA BBBB CCCC DDDD']
    expect((await warren(words, { answers })).params('cloud.grantKey')).toEqual(given)
  })

  it('seals secrets that are typed or piped, a key with its last line end', async () => {
    const id = { id: 'id-db' }
    expect(await sent('cloud secret set db password', 'cloud.setSecret', { typed: ['geheim'] })).toEqual({
      ...{ ...id, kind: 'password', value: 'geheim' },
    })
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
    expect(await sent('cloud secret set db key --stdin', 'cloud.setSecret', { input: key })).toEqual({
      ...{ ...id, kind: 'keyContent', value: key },
    })
    for (const input of ['no key', key.slice(0, 40), 'ssh-ed25519 AAAAC3Nz ada@laptop']) {
      const wrong = await run('cloud secret set db key --stdin', { input, unreachable: true })
      expect(wrong).toMatchObject({ code: 64, err: expect.stringContaining('cannot be one. It is') as string })
      expect(wrong.err).not.toContain('AAAA')
    }
    expect(await sent('cloud secret clear db passphrase', 'cloud.setSecret')).toEqual({
      ...{ ...id, kind: 'passphrase', value: null },
    })
    expect((await run('cloud secret set db password')).code).toBe(64)
    expect((await run('cloud secret set db key', { typed: ['x'] })).code).toBe(64)
    expect((await run('cloud secret set db pin --stdin', { input: 'x' })).code).toBe(64)
  })
})

it('completes teams, spaces and fields', async () => {
  const complete = async (...words: string[]): Promise<string> =>
    (await warren(['__complete', ...words], { answers })).out
  expect(await complete('cloud', 'share', 'db', '--to', '')).toBe(
    'local\tthis machine only\npersonal\tyour account\nops\towner\n',
  )
  expect(await complete('cloud', 'team', 'members', '')).toBe('ops\towner\n')
  expect(await complete('cloud', 'team', 'role', 'ops', 'grace', 'd')).toBe('developer\n')
  expect(await complete('cloud', 'own', 'db', 'localP')).toBe('localPort\n')
  expect(await complete('cloud', 'resolve', '')).toBe('c0ffee\tdb in ops\n')
  expect(await complete('cloud', 'secret', 'set', 'db', 'p')).toBe('password\npassphrase\n')
  expect(await complete('cloud', 'team', 'create', '')).toBe('')
})
