/** What the cloud's commands refuse at the door, and what can be typed about a refusal of the server. */
import { expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import type { RpcMethod } from '@shared/rpc'
import { answers, db, shared, URL, web } from './_cloud-answers'
import { view, warren, type FakeOptions } from './_fake-world'

const run = (words: string, options: FakeOptions = {}): ReturnType<typeof warren> =>
  warren(words.split(' '), { ...options, answers: { ...answers, ...options.answers } })
const sent = async (words: string, method: RpcMethod, options: FakeOptions = {}): Promise<unknown> => {
  const { params, code } = await run(words, options)
  expect(code).toBe(0)
  return params(method)
}

it('asks before all of a team’s forwards are taken out of it', async () => {
  const words = 'cloud share --all --to personal'
  expect(await run(words)).toMatchObject({
    ...{
      code: 64,
      calls: expect.not.arrayContaining([expect.objectContaining({ method: 'cloud.share' })]) as unknown,
    },
    err: 'warren: 1 forward goes away for the others of ops.\n        Say that you mean it: --yes\n',
  })
  expect((await run(words, { typed: ['no'] })).code).toBe(1)
  expect(await sent(words, 'cloud.share', { typed: ['yes'] })).toMatchObject({ namespace: 'personal' })
  expect((await run(`${words} --yes`)).code).toBe(0)
  // Who names it, means it; and what one may not move, the server keeps.
  expect((await run('cloud share db --to personal')).code).toBe(0)
  const theirs = { ...db, cloud: shared({ editable: false }) }
  expect((await run(words, { answers: { 'forwards.list': () => [theirs, web] } })).code).toBe(0)
})

it('says in words and with what to type why a team or an account is refused', async () => {
  const refusing = (field: string | null) => (): never => {
    throw new WarrenError('cloud.refused', 'h refused it (why).', { field, fix: 'As the window says it.' })
  }
  const left = await run('cloud team leave ops --yes', { answers: { 'cloud.leaveTeam': refusing('role') } })
  expect(left).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /^warren: h refused it \(why\)\.\n.*team role TEAM MEMBER owner.*team dissolve/,
    ) as string,
  })
  const register = `cloud register ${URL}/invite#T --email a@b.ch --name ada --password-stdin`
  const taken = await run(register, { input: 'secret1', answers: { 'cloud.register': refusing('email') } })
  expect(taken.err).toMatch(/`warren cloud login URL`.*`warren cloud team join LINK`/)
  const used = await run(register, { input: 'secret1', answers: { 'cloud.register': refusing('link') } })
  expect(used.err).toContain('As the window says it.')
})

it('says what an address of a person lacks', async () => {
  const words = `cloud register ${URL}/invite#T --email ada --name ada --password-stdin`
  expect(await run(words, { input: 'secret1', unreachable: true })).toMatchObject({
    code: 64,
    err:
      'warren: The e-mail address needs an @ and a domain, such as ada@example.com.\n' +
      '        `warren cloud register --help` shows how.\n',
  })
})

it('names as own what is another value here, and no more', async () => {
  const overrides = ['localPort', 'remoteHost', 'serverAddress'] as const
  const mine = { ...view({ spec: { localPort: 6000 } }), cloud: shared({ overrides: [...overrides] }) }
  const { out } = await run('status db', { answers: { 'forwards.list': () => [mine] } })
  expect(out).toContain('own on this machine: localPort\n')
  const same = { ...db, cloud: shared({ overrides: [...overrides] }) }
  expect((await run('status db', { answers: { 'forwards.list': () => [same] } })).out).not.toContain('own on')
})
