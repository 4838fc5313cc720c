/** Tokens of an outside identity provider: the right one makes an account, every other one is refused. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type GenerateKeyPairResult } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { freePort } from '../support/free-port'
import { startCloud, type CloudWorld } from './_world'

const ISSUER = 'https://id.example.com/'
const AUDIENCE = 'warren'
let keys: GenerateKeyPairResult
let provider: Server
let world: CloudWorld

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256' }
  provider = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  }).listen(0, '127.0.0.1')
  await once(provider, 'listening')
})
afterAll(async () => {
  provider.close()
  await once(provider, 'close')
})
beforeEach(async () => {
  world = await startWith((provider.address() as AddressInfo).port)
})
afterEach(() => world.close())

const startWith = (port: number): Promise<CloudWorld> =>
  startCloud('sqlite', {
    WARREN_CLOUD_OIDC_ISSUER: ISSUER,
    WARREN_CLOUD_OIDC_AUDIENCE: AUDIENCE,
    WARREN_CLOUD_OIDC_JWKS: `http://127.0.0.1:${port}/keys`,
  })
const claims = (
  email: string,
  more: Readonly<Record<string, unknown>> = {},
  header: { readonly alg: string; readonly kid: string } = { alg: 'RS256', kid: 'one' },
): SignJWT =>
  new SignJWT({ email, name: 'Ada', ...more })
    .setProtectedHeader(header)
    .setSubject(`subject of ${email}`)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
const ask = async (token: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  const { status, body } = await world.call('GET', '/auth/validate', { token })
  return { status, body }
}

it('makes an account at the first token, and finds it at the next', async () => {
  const first = await ask(await claims('ada@example.com').sign(keys.privateKey))
  expect(first).toMatchObject({ status: 200, body: { user: { email: 'ada@example.com', username: 'Ada' } } })
  const second = await ask(await claims('ada@example.com', { nonce: 2 }).sign(keys.privateKey))
  expect(second.body).toEqual(first.body)
  expect(await world.server.services.store.users.count()).toBe(1)
})

it('refuses what the provider did not say to us, now', async () => {
  const email = 'eve@example.com'
  const other = await generateKeyPair('RS256')
  const publicText = new TextEncoder().encode(await exportSPKI(keys.publicKey))
  const sign = (token: SignJWT): Promise<string> => token.sign(keys.privateKey)
  const bad = {
    audience: await sign(claims(email).setAudience('another')),
    issuer: await sign(claims(email).setIssuer('https://other.example.com/')),
    expired: await sign(claims(email).setExpirationTime('-1m')),
    early: await sign(claims(email).setNotBefore('1h')),
    unproven: await sign(claims(email, { email_verified: false })),
    nameless: await sign(claims('')),
    'another key': await claims(email).sign(other.privateKey),
    'an unknown key': await sign(claims(email, {}, { alg: 'RS256', kid: 'two' })),
    none: new UnsecuredJWT({ email })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject('s')
      .setExpirationTime('1h')
      .encode(),
    'the public key as a secret': await claims(email, {}, { alg: 'HS256', kid: 'one' }).sign(publicText),
  }
  for (const [what, token] of Object.entries(bad)) expect((await ask(token)).status, what).toBe(401)
  expect(await world.server.services.store.users.count()).toBe(0)
})

it('takes over no account that has the same address', async () => {
  const { id } = await world.person('ada')
  const { status, body } = await ask(await claims('ADA@example.com').sign(keys.privateKey))
  expect({ status, body }).toMatchObject({ status: 401, body: { message: 'Another account has this e-mail address' } })
  expect((await world.server.services.store.users.byId(id))?.external).toBeNull()
})

it('voids a token of the provider at logout', async () => {
  const token = await claims('ada@example.com').sign(keys.privateKey)
  expect((await ask(token)).status).toBe(200)
  expect((await world.call('POST', '/auth/logout', { token })).status).toBe(200)
  expect((await ask(token)).status).toBe(401)
})

it('says that the provider is away in place of calling the token bad', async () => {
  await world.close()
  world = await startWith(await freePort())
  expect((await ask(await claims('ada@example.com').sign(keys.privateKey))).status).toBe(503)
})
