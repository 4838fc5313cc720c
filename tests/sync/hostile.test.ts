/** Servers that lie, break and stall: what the client makes of them, and that the token stays here. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createCloudClient, type CloudClient, type TokenStore } from '../../src/sync'
import { faultOf, memoryTokens } from './_machine'

type Handler = (request: IncomingMessage, response: ServerResponse) => void
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

async function serve(handler: Handler): Promise<{ readonly url: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume()
    handler(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function clientOf(
  url: string,
  tokens: TokenStore = memoryTokens({ token: 'planted-token', refreshToken: null }),
  timeoutMs = 20_000,
): CloudClient {
  return createCloudClient({ url, tokens, device: { id: 'd', name: 'desk' }, timeoutMs })
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
const row = {
  id: 'one',
  name: 'web',
  type: 'local',
  localPort: 80,
  remoteHost: 'h',
  remotePort: 80,
  serverAddress: 's',
}

describe('answers that are none', () => {
  const cases: readonly (readonly [string, string, Handler])[] = [
    ['HTML', 'cloud.bad-answer', (_, response) => response.end('<html>Welcome to the hotel</html>')],
    ['HTML that is not found', 'cloud.bad-answer', (_, response) => response.writeHead(404).end('<h1>no</h1>')],
    ['HTML that wants a login', 'cloud.bad-answer', (_, response) => response.writeHead(401).end('<h1>who</h1>')],
    ['an object for a list', 'cloud.bad-answer', (_, response) => json(response, 200, { rows: [] })],
    ['rows without an id', 'cloud.bad-answer', (_, response) => json(response, 200, [{ name: 'x' }])],
    ['500', 'cloud.server-fault', (_, response) => json(response, 500, { message: 'Internal server error' })],
    ['501 of another program', 'cloud.bad-answer', (_, response) => response.writeHead(501).end('<h1>no</h1>')],
    ['502 of a proxy', 'cloud.server-fault', (_, response) => response.writeHead(502).end('Bad Gateway')],
    [
      'a route that is not there',
      'cloud.no-extension',
      (_, response) => json(response, 404, { message: 'Cannot GET /x' }),
    ],
    ['403', 'cloud.forbidden', (_, response) => json(response, 403, { message: 'no' })],
    ['429', 'cloud.busy', (_, response) => json(response, 429, { message: 'slow down' }, { 'retry-after': '7' })],
    [
      'half a body',
      'cloud.bad-answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('[{"id":', () => response.destroy())
      },
    ],
    ['nothing', 'cloud.timeout', () => undefined],
    [
      'a drop at a time',
      'cloud.timeout',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(drip))
      },
    ],
    ['a closed connection', 'cloud.unreachable', (_, response) => response.destroy()],
  ]
  it.each(cases)('%s: %s', async (_name, code, handler) => {
    const { url } = await serve(handler)
    const client = clientOf(url, undefined, code === 'cloud.timeout' ? 700 : undefined)
    expect(await faultOf(client.list(null))).toMatchObject({ code })
  })

  it('an answer without end is not taken into memory', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', more)
      }
      more()
    })
    const client = createCloudClient({
      ...{ url, tokens: memoryTokens({ token: 't', refreshToken: null }), device: { id: 'd', name: 'd' } },
      timeoutMs: 20_000,
    })
    expect(await faultOf(client.list(null))).toMatchObject({ code: 'cloud.bad-answer' })
  })

  it('a server that is none is told so at the login, with what may be wrong in the address', async () => {
    const who = { email: 'ada@example.com', password: 'secret123' }
    const page = await serve((_, response) => response.writeHead(501).end('<h1>Unsupported method</h1>'))
    expect(await faultOf(clientOf(page.url).login(who))).toMatchObject({
      code: 'cloud.bad-answer',
      message: `${new URL(page.url).host} answered 501, not as a cloud server does.`,
      fix: expect.stringMatching(/^Check the address/) as string,
    })
    const routes = await serve((request, response) =>
      json(response, 404, { message: `Cannot POST ${request.url ?? ''}` }),
    )
    expect(await faultOf(clientOf(`${routes.url}/docs`).login(who))).toEqual({
      code: 'cloud.bad-answer',
      message: `There is no cloud server at ${routes.url}/docs.`,
      fix: `Check the address: its path may be too much. Without it: ${routes.url}`,
    })
    expect(await faultOf(clientOf(routes.url).login(who))).toMatchObject({
      code: 'cloud.bad-answer',
      message: `There is no cloud server at ${new URL(routes.url).host}.`,
    })
  })

  it('a port without TLS is told as that, not as out of reach', async () => {
    const { url } = await serve((_, response) => json(response, 200, []))
    expect(await faultOf(clientOf(url.replace('http:', 'https:')).list(null))).toEqual({
      code: 'cloud.bad-answer',
      message: `${new URL(url).host} answered, but not with TLS, which https:// needs.`,
      fix: 'Check the port. A server on this machine may speak http:// only.',
    })
  })

  it('a connection that ends without an answer says what to do', async () => {
    const { url } = await serve((_, response) => response.destroy())
    expect(await faultOf(clientOf(url).list(null))).toMatchObject({
      message: expect.stringMatching(/ closed the connection without an answer\.$/) as string,
      fix: expect.stringMatching(/^Try again\./) as string,
    })
  })

  it('nobody listens', async () => {
    expect(await faultOf(clientOf('http://127.0.0.1:1').list(null))).toMatchObject({
      code: 'cloud.unreachable',
      message: '127.0.0.1:1 refused the connection.',
      fix: 'Check the address, and that the server runs there: npm run cloud starts it.',
    })
  })
})

it('tells how long a server wants to be left alone', async () => {
  const { url } = await serve((_, response) => json(response, 429, { message: 'x' }, { 'retry-after': '7' }))
  await expect(clientOf(url).list(null)).rejects.toMatchObject({ code: 'cloud.busy', retryAfterMs: 7000 })
})

it.each([301, 302, 303, 307, 308])(
  'follows no redirect (%i): the token never arrives at the other host',
  async (status) => {
    const other = await serve((_, response) => json(response, 200, []))
    const { url, requests } = await serve((_, response) => response.writeHead(status, { location: other.url }).end())
    const client = clientOf(url, memoryTokens({ token: 'planted-token', refreshToken: 'planted-refresh' }))
    const asked: (() => Promise<unknown>)[] = [
      () => client.list(null),
      () => client.read('x'),
      () => client.patch('x', { name: 'y' }, 1),
      () => client.remove('x', 1),
      () => client.login({ email: 'a@example.com', password: 'planted-password' }),
      () => client.logout(),
    ]
    for (const ask of asked) {
      const fault = await faultOf(ask())
      expect(fault.code).toBe('cloud.redirected')
      expect(fault.message).toContain(other.url)
    }
    const stream = clientOf(url).events(null, { onChange: () => undefined }, new AbortController().signal)
    expect(await faultOf(stream)).toMatchObject({ code: 'cloud.redirected' })
    expect(requests.length).toBe(asked.length + 1)
    expect(other.requests).toEqual([])
  },
)

it('sends no token in clear to another machine unless told to', async () => {
  const fault = await faultOf(clientOf('http://cloud.invalid').list(null))
  expect(fault.code).toBe('cloud.insecure')
  const told = createCloudClient({
    ...{ url: 'http://cloud.invalid', tokens: memoryTokens({ token: 't', refreshToken: null }), insecure: true },
    device: { id: 'd', name: 'd' },
  })
  expect(await faultOf(told.list(null))).toMatchObject({
    code: 'cloud.unreachable',
    message: 'The name of cloud.invalid cannot be resolved.',
    fix: 'Check the address, and that this machine is online.',
  })
})

it('keeps the token out of every fault', async () => {
  const { url } = await serve((_, response) => response.destroy())
  const error: unknown = await clientOf(url)
    .list(null)
    .catch((thrown: unknown) => thrown)
  const seen = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack)
  expect(seen).not.toContain('planted-token')
  expect((error as Error).cause).toBeTypeOf('string')
})

describe('a void token', () => {
  const unauthorized = { message: 'Unauthorized', statusCode: 401 }
  it('is renewed once, however many ask, and each is asked again', async () => {
    let renewals = 0
    const { url } = await serve((request, response) => {
      if (request.url === '/auth/refresh') {
        renewals += 1
        json(response, 200, { user: { id: 'u', email: 'e' }, token: 'new', refreshToken: 'r2' })
      } else if (request.headers.authorization === 'Bearer new') json(response, 200, [row])
      else json(response, 401, unauthorized)
    })
    const tokens = memoryTokens({ token: 'old', refreshToken: 'r1' })
    const client = clientOf(url, tokens)
    const lists = await Promise.all(Array.from({ length: 10 }, () => client.list(null)))
    expect(lists.map(({ rows }) => rows.length)).toEqual(lists.map(() => 1))
    expect(renewals).toBe(1)
    expect(tokens.get()).toEqual({ token: 'new', refreshToken: 'r2' })
  })

  it('is not used before the one after it rests', async () => {
    const kept: string[] = []
    const { url } = await serve((request, response) => {
      if (request.url === '/auth/refresh') return json(response, 200, { user: { id: 'u', email: 'e' }, token: 'new' })
      if (request.headers.authorization !== 'Bearer new') return json(response, 401, unauthorized)
      kept.push('used')
      json(response, 200, [])
    })
    const store = memoryTokens({ token: 'old', refreshToken: 'r1' })
    const client = clientOf(url, {
      get: store.get,
      set: async (tokens) => {
        await store.set(tokens)
        kept.push('kept')
      },
    })
    await client.list(null)
    expect(kept).toEqual(['kept', 'used'])
  })

  it('that cannot be renewed is not shown again and again', async () => {
    const { url, requests } = await serve((_, response) => json(response, 401, unauthorized))
    const client = clientOf(url, memoryTokens({ token: 'old', refreshToken: 'r1' }))
    expect(await faultOf(client.list(null))).toMatchObject({ code: 'cloud.login-needed' })
    expect(requests.map((request) => request.url)).toEqual(['/port-forwards', '/auth/refresh'])
    expect(await faultOf(client.list(null))).toMatchObject({ code: 'cloud.login-needed' })
    expect(requests).toHaveLength(2)
  })

  it('is kept when the server is away while it is renewed', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/auth/refresh') json(response, 503, { message: 'stopping' })
      else json(response, 401, unauthorized)
    })
    const tokens = memoryTokens({ token: 'old', refreshToken: 'r1' })
    expect(await faultOf(clientOf(url, tokens).list(null))).toMatchObject({ code: 'cloud.server-fault' })
    expect(tokens.get()).toEqual({ token: 'old', refreshToken: 'r1' })
  })
})

describe('rows', () => {
  const listOf = async (...rows: readonly unknown[]) => {
    const { url } = await serve((_, response) => json(response, 200, rows))
    return clientOf(url).list(null)
  }
  it.each([
    ['a control character in the name', { name: 'a\u0007b' }],
    ['a port that is none', { remotePort: 70_000 }],
    ['a port with a fraction', { localPort: 80.5 }],
    ['a host with a space', { remoteHost: 'a b' }],
    ['a host that is an option', { remoteHost: '-oProxyCommand=touch' }],
    ['a server that is none', { serverAddress: 'root@host; rm' }],
    ['a type nobody knows', { type: 'tunnel' }],
    ['no target', { remoteHost: null }],
    ['a name of a megabyte', { name: 'x'.repeat(1024 * 1024) }],
    ['a text for a number', { localPort: '80' }],
    ['a username with a line break', { username: 'a\nb' }],
  ])('leaves one with %s alone, and takes the others', async (_what, wrong) => {
    const list = await listOf({ ...row, id: 'bad', ...wrong }, row)
    expect(list.unreadable).toMatchObject([{ id: 'bad' }])
    expect(list.rows.map(({ id }) => id)).toEqual(['one'])
  })

  it('takes empty texts for nothing, unknown members for none of its business, and no secret in clear', async () => {
    const { rows } = await listOf({ ...row, username: '', localHost: '', password: 'hunter2', other: { deep: 1 } })
    expect(rows[0]?.fields).toMatchObject({ username: null, localHost: null, password: null })
    expect(rows[0]?.hasClearSecrets).toBe(true)
    expect(JSON.stringify(rows)).not.toContain('hunter2')
  })
})

describe('events', () => {
  const stream = (text: string): Handler => {
    return (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(text)
      response.end()
    }
  }
  it('are told in pieces as they come, and the end of the stream is no fault', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const parts = ['event: cha', 'nge\ndata: {"cursor":', '7}\n\n: still here\n\nevent: teams\ndata: {}\n\n', '']
      const next = (): void => {
        const part = parts.shift()
        if (part === undefined || part === '') response.end()
        else response.write(part, () => setImmediate(next))
      }
      next()
    })
    const told: string[] = []
    await clientOf(url).events(
      null,
      { onOpen: () => told.push('open'), onChange: (cursor) => told.push(cursor), onTeams: () => told.push('teams') },
      new AbortController().signal,
    )
    expect(told).toEqual(['open', '7', 'teams'])
  })
  it.each([
    ['of another type', (_: unknown, response: ServerResponse) => json(response, 200, {})],
    ['without end', stream(`data: ${'x'.repeat(300 * 1024)}`)],
  ])('%s are a bad answer', async (_name, handler) => {
    const { url } = await serve(handler)
    const events = clientOf(url).events(null, { onChange: () => undefined }, new AbortController().signal)
    expect(await faultOf(events)).toMatchObject({ code: 'cloud.bad-answer' })
  })
  it('that are nonsense are passed over', async () => {
    const { url } = await serve(
      stream('event: change\ndata: nonsense\n\nevent: change\ndata: {"cursor":{}}\n\nevent: x\ndata: 1\n\n'),
    )
    const told: string[] = []
    await clientOf(url).events(null, { onChange: (cursor) => told.push(cursor) }, new AbortController().signal)
    expect(told).toEqual([])
  })
})
