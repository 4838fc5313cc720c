/** Who may do what: role × route × own, team, foreign. Every line of the table is one request. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paths } from '../../src/cloud/openapi'
import { expectPage, tableOf } from './_generated-page'
import { databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const callers = ['nobody', 'stranger', 'user', 'developer', 'owner'] as const
type Caller = (typeof callers)[number]
/** What each caller is answered, in the order of {@link callers}. */
type Row = readonly [method: string, path: string, body: unknown, answers: readonly number[]]

const forward = { name: 'db', type: 'local', localPort: 5432 }
const ownKey = { publicKey: 'p', sealedPrivateKey: 's', replaces: 0 }
/**
 * `:own` is a forward of the caller, `:foreign` one of somebody else, `:team` one of the team; `:t` the team, in which all callers are but
 * the stranger, `:f` a team in which none of them is; `:m` another member of the team, `:i` an invitation to it.
 */
const table: readonly Row[] = [
  ['GET', '/auth/validate', undefined, [401, 200, 200, 200, 200]],
  ['POST', '/auth/logout', undefined, [401, 200, 200, 200, 200]],
  // They have no password, so the old one is wrong.
  ['POST', '/auth/password', { oldPassword: 'x', newPassword: 'secret123' }, [401, 403, 403, 403, 403]],

  ['GET', '/port-forwards', undefined, [401, 200, 200, 200, 200]],
  ['GET', '/port-forwards?namespace=:t', undefined, [401, 403, 200, 200, 200]],
  ['GET', '/port-forwards?namespace=:f', undefined, [401, 403, 403, 403, 403]],
  ['GET', '/port-forwards?namespace=:t&since=0', undefined, [401, 403, 200, 200, 200]],
  ['GET', '/port-forwards?namespace=:f&since=0', undefined, [401, 403, 403, 403, 403]],
  ['POST', '/port-forwards', forward, [401, 201, 201, 201, 201]],
  ['POST', '/port-forwards?namespace=:t', forward, [401, 403, 403, 201, 201]],
  ['POST', '/port-forwards?namespace=:f', forward, [401, 403, 403, 403, 403]],
  ['POST', '/port-forwards/sync', [forward], [401, 201, 201, 201, 201]],
  ['POST', '/port-forwards/sync?namespace=:t', [forward], [401, 403, 403, 201, 201]],
  ['POST', '/port-forwards/sync?namespace=:f', [forward], [401, 403, 403, 403, 403]],
  ['GET', '/port-forwards/events', undefined, [401, 200, 200, 200, 200]],
  ['GET', '/port-forwards/events?namespace=:t', undefined, [401, 403, 200, 200, 200]],
  ['GET', '/port-forwards/events?namespace=:f', undefined, [401, 403, 403, 403, 403]],
  ...forwardRows('GET', '/port-forwards/:id', undefined, { team: [401, 404, 200, 200, 200] }),
  ...forwardRows('PATCH', '/port-forwards/:id', { name: 'n' }, { team: [401, 404, 403, 200, 200] }),
  ...forwardRows('DELETE', '/port-forwards/:id', undefined, { team: [401, 404, 403, 200, 200] }),
  ...forwardRows('GET', '/port-forwards/:id/status', undefined, { team: [401, 404, 200, 200, 200] }),
  ...forwardRows('POST', '/port-forwards/:id/start', undefined, { team: [401, 404, 200, 200, 200] }),
  ...forwardRows('POST', '/port-forwards/:id/stop', undefined, { team: [401, 404, 200, 200, 200] }),

  ['PUT', '/keys/me', ownKey, [401, 200, 200, 200, 200]],
  ['GET', '/keys/me', undefined, [401, 200, 200, 200, 200]],

  ['GET', '/teams/my', undefined, [401, 200, 200, 200, 200]],
  ['POST', '/teams/create', { name: 'mine' }, [401, 201, 201, 201, 201]],
  // Who is a member already joins nothing twice.
  ['POST', '/teams/join', { token: ':i' }, [401, 201, 409, 409, 409]],
  ...teamRows('GET', '/teams/:t/members', undefined, [401, 404, 200, 200, 200]),
  ...teamRows('POST', '/teams/:t/invite', {}, [401, 404, 403, 403, 201]),
  ...teamRows('GET', '/teams/:t/invites', undefined, [401, 404, 403, 403, 200]),
  ...teamRows('DELETE', '/teams/:t/invites/:i', undefined, [401, 404, 403, 403, 200]),
  ...teamRows('GET', '/teams/:t/audit', undefined, [401, 404, 403, 403, 200]),
  ...teamRows('PUT', '/teams/:t/members/:m/role', { role: 'owner' }, [401, 404, 403, 403, 200]),
  ...teamRows('PATCH', '/teams/:t/members/:m/role', { role: 'user' }, [401, 404, 403, 403, 200]),
  ...teamRows('DELETE', '/teams/:t/members/:m', undefined, [401, 404, 403, 403, 200]),
  // The only owner cannot leave.
  ...teamRows('POST', '/teams/:t/leave', undefined, [401, 404, 200, 200, 409]),
  ...teamRows('POST', '/teams/:t/dissolve', undefined, [401, 404, 403, 403, 200]),
  ...teamRows('DELETE', '/teams/:t/dissolve', undefined, [401, 404, 403, 403, 200]),
  ...teamRows('GET', '/teams/:t/keys', undefined, [401, 404, 200, 200, 200]),
  ...teamRows('POST', '/teams/:t/keys', { generation: 1, copies: [copy(':me')] }, [401, 404, 403, 201, 201]),
  // Nobody of them holds a key yet: members are told so, others that there is no team.
  ...teamRows(
    'PUT',
    '/teams/:t/keys/copies',
    { copies: [{ ...copy(':me'), generation: 1 }] },
    [401, 404, 409, 409, 409],
  ),
  ...teamRows('DELETE', '/teams/:t/keys/copies/1', undefined, [401, 404, 404, 404, 404]),
]

/** On a forward of one's own, of somebody else, and of the team. */
function forwardRows(
  method: string,
  path: string,
  body: unknown,
  { team }: { readonly team: readonly number[] },
): readonly Row[] {
  return [
    [method, path.replace(':id', ':own'), body, [401, 200, 200, 200, 200]],
    [method, path.replace(':id', ':foreign'), body, [401, 404, 404, 404, 404]],
    [method, path.replace(':id', ':team'), body, team],
  ]
}

/** In the team, and in one in which none of the callers is. */
function teamRows(method: string, path: string, body: unknown, answers: readonly number[]): readonly Row[] {
  return [
    [method, path, body, answers],
    [method, path.replace(':t', ':f'), body, [401, 404, 404, 404, 404]],
  ]
}

function copy(userId: string): object {
  return { userId, keyVersion: 1, wrapped: 'w' }
}

const INTRO = [
  '# Who may do what',
  'Every route by every caller, as the test `tests/cloud/access.real.test.ts` asks for it on SQLite and on PostgreSQL; a route that is missing here fails it, and so does another answer. It writes this page (`vitest -u`).',
  '`:own` is a forward of the caller’s own, `:foreign` one of somebody else’s own, `:team` one of a team. `:t` is a team in which the user, the developer and the owner are, with that role; `:f` one in which none of them is; `:m` another member, `:i` an invitation. A stranger has an account and is in neither team; nobody has no token. What one may not see does not exist: 404. A list, or a body for it, that belongs to a team of others is 403, as the document’s server answers.',
]

/** Routes as the table names them, without ids. */
function bare(path: string): string {
  return path
    .replace(/\?.*$/, '')
    .replace(/:(own|foreign|team)\b/, ':id')
    .replace(/^\/teams\/:[tf]\b/, '/teams/:id')
    .replace(':m', ':memberId')
    .replace('/invites/:i', '/invites/:inviteId')
    .replace(/copies\/1$/, 'copies/:generation')
}

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let people: Readonly<Record<Exclude<Caller, 'nobody'> | 'self', Person>>
  let member: Person
  beforeEach(async () => {
    world = await startCloud(database)
    const names = ['stranger', 'user', 'developer', 'owner', 'self', 'member'] as const
    const made = await Promise.all(names.map((name) => world.quickPerson(name)))
    const [stranger, user, developer, owner, self, one] = made
    people = { stranger, user, developer, owner, self } as typeof people
    member = one as Person
  })
  afterEach(() => world.close())

  const make = async (person: Person, query = ''): Promise<string> =>
    pick((await world.call('POST', `/port-forwards${query}`, { token: person.token, body: forward })).body, 'id')

  it('answers every caller of every route as listed', async () => {
    const rows: string[][] = []
    for (const [method, path, body, answers] of table) {
      const told: number[] = []
      for (const caller of callers) told.push(await askAs(caller, method, path, body))
      expect(told, `${method} ${path}`).toEqual(answers)
      rows.push([`\`${method} ${path}\``, ...told.map(String)])
    }
    await expectPage('cloud-authorisation.md', [...INTRO, tableOf(['', ...callers], rows)].join('\n\n'))
  })

  it('leaves out no route', () => {
    const listed = new Set(table.map(([method, path]) => `${method.toLowerCase()} ${bare(path)}`))
    const needed = paths.filter(({ open }) => open !== true).map(({ method, path }) => `${method} ${path}`)
    expect([...listed].sort()).toEqual(needed.sort())
  })

  /** Each request meets a fresh team and fresh forwards: the one before may have deleted them. */
  const askAs = async (...[caller, method, path, body]: [Caller, string, string, unknown]): Promise<number> => {
    const { owner, user, developer, self } = people
    const { store } = world.server.services
    const me = caller === 'nobody' ? self : people[caller]
    const ids: Record<string, string> = { ':m': member.id, ':me': me.id, ':t': '', ':f': '', ':i': '' }
    const text = path + JSON.stringify(body ?? '')
    if (/:(t|i|team)\b/.test(text) && !text.includes(':f'))
      ids[':t'] = await makeTeam(world, owner, { user, developer })
    if (/:f\b/.test(text)) ids[':f'] = await makeTeam(world, self)
    const teamId = ids[text.includes(':f') ? ':f' : ':t'] ?? ''
    if (text.includes(':m/') || text.endsWith(':m""')) {
      const { token } = await store.teams.invite({ teamId, role: 'user', by: owner, days: 1 })
      await store.teams.accept(token, member)
    }
    if (text.includes(':i')) {
      const { row, token } = await store.teams.invite({ teamId, role: 'user', by: owner, days: 1 })
      ids[':i'] = path.includes(':i') ? row.id : token
    }
    // Whoever makes a key must have published one.
    if (text.includes('keyVersion')) await store.keys.setOfUser(me, ownKey)
    if (path.includes(':own')) ids[':own'] = await make(me)
    if (path.includes(':foreign')) ids[':foreign'] = await make(caller === 'nobody' ? owner : self)
    if (path.includes(':team')) ids[':team'] = await make(owner, `?namespace=${ids[':t'] ?? ''}`)
    const put = (template: string): string => template.replaceAll(/:[a-z]+\b/g, (name) => ids[name] ?? name)
    const raw = body === undefined ? {} : { raw: put(JSON.stringify(body)) }
    const token = caller === 'nobody' ? undefined : await freshToken(me)
    if (path.includes('/events')) return opens(put(path), token)
    return (await world.call(method, put(path), { token, ...raw })).status
  }

  /** An event stream does not end by itself. */
  const opens = async (path: string, token: string | undefined): Promise<number> => {
    const abort = new AbortController()
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { status } = await fetch(world.server.url + path, { headers, signal: abort.signal })
    abort.abort()
    return status
  }

  /** Of its own: a logout voids it. */
  const freshToken = async ({ email }: Person): Promise<string> => {
    const { store, tokens } = world.server.services
    const user = await store.users.byEmail(email)
    if (user === null) throw new Error(`${email} has no account`)
    return tokens.issue(user, null)
  }

  it('hides what does not exist and what is not a UUID alike', async () => {
    const { token } = people.self
    const gone = { message: 'Port forward not found', error: 'Not Found', statusCode: 404 }
    for (const id of [randomUUID(), 'forward-uuid', '1', "' or 1=1 --", '%00', 'a'.repeat(5000)]) {
      const { status, body } = await world.call('GET', `/port-forwards/${encodeURIComponent(id)}`, { token })
      expect({ status, body }).toEqual({ status: 404, body: gone })
    }
  })

  it('lets a member of a team that was dissolved see nothing of it', async () => {
    const { owner, user } = people
    const team = await makeTeam(world, owner, { user })
    const shared = await make(owner, `?namespace=${team}`)
    await world.call('POST', `/teams/${team}/dissolve`, { token: owner.token })
    expect((await world.call('GET', `/port-forwards/${shared}`, { token: user.token })).status).toBe(404)
    expect((await world.call('GET', `/port-forwards?namespace=${team}`, { token: owner.token })).status).toBe(403)
    expect((await world.call('GET', '/teams/my', { token: user.token })).body).toEqual([])
  })

  it('lets nobody raise their own role, use an invitation twice, or leave a team without an owner', async () => {
    const { owner, user, developer, stranger } = people
    const team = await makeTeam(world, owner, { user, developer })
    const raise = await world.call('PUT', `/teams/${team}/members/${user.id}/role`, {
      token: user.token,
      body: { role: 'owner' },
    })
    expect(raise.status).toBe(403)
    const { body } = await world.call('POST', `/teams/${team}/invite`, { token: owner.token, body: { role: 'user' } })
    const join = (person: Person): Promise<{ status: number }> =>
      world.call('POST', '/teams/join', { token: person.token, body: { token: pick(body, 'token') } })
    expect((await join(user)).status).toBe(409)
    expect((await join(stranger)).status).toBe(201)
    expect((await join(people.self)).status).toBe(410)
    const step = (role: string): Promise<{ status: number }> =>
      world.call('PUT', `/teams/${team}/members/${owner.id}/role`, { token: owner.token, body: { role } })
    expect((await step('user')).status).toBe(409)
    expect((await world.call('DELETE', `/teams/${team}/members/${owner.id}`, { token: owner.token })).status).toBe(409)
  })

  it('refuses an invitation whose time is over', async () => {
    const { owner, stranger } = people
    const team = await makeTeam(world, owner)
    const { body } = await world.call('POST', `/teams/${team}/invite`, { token: owner.token, body: { days: 1 } })
    world.clock.offset = 25 * 3_600_000
    const token = await freshToken(stranger)
    const late = await world.call('POST', '/teams/join', { token, body: { token: pick(body, 'token') } })
    expect(late).toMatchObject({ status: 410, body: { message: 'The invitation has expired' } })
  })
})
