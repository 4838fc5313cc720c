/**
 * A cloud server that knows the document of the `/port-forwards` API and nothing beyond it: no header of extensions, no ETag, no
 * `since`, no events, no teams' routes, no refresh. What the document does not name is refused, as its original does.
 *
 * It keeps everything in memory, in clear, writes down every request, and fails, drops or holds answers on demand.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { documentRow, faultsOf, type DocumentRow } from './_document-rows'

export type { DocumentRow } from './_document-rows'

export interface DocumentUser {
  readonly email: string
  readonly password: string
}

export interface DocumentTeam {
  /** The namespace. */
  readonly id: string
  /** Roles by e-mail address; `user` may read, start and stop. */
  readonly members: Readonly<Record<string, 'owner' | 'developer' | 'user'>>
}

export interface DocumentServerOptions {
  /** At least one; the first may be left to {@link DocumentServer.token}. Default: `ada@example.com`, `secret123`. */
  readonly users?: readonly DocumentUser[]
  readonly teams?: readonly DocumentTeam[]
  /** Milliseconds since the epoch; a clock that goes wrong. */
  readonly now?: () => number
  /** Answers hold the document's fields only: no server typed by hand comes back. */
  readonly isTerse?: boolean
}

export interface RecordedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parsed JSON, or the text when it is none; `undefined` without a body. */
  readonly body: unknown
}

/** What happens to the next request that fits, once. */
export interface Mishap {
  readonly method?: string
  /** Held against the path with the query. */
  readonly path?: RegExp
  /** The request takes effect first: the client cannot know. */
  readonly isApplied?: boolean
  /** The answer waits for this. */
  readonly until?: Promise<unknown>
  /** `drop` closes the connection, `half` after half of the body; without it the true answer comes, after `until`. */
  readonly answer?:
    | 'drop'
    | 'half'
    | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
}

export interface DocumentServer {
  readonly url: string
  /** Every request, oldest first. */
  readonly requests: readonly RecordedRequest[]
  /** What it keeps, newest first; `null` for what belongs to accounts alone. */
  readonly rows: (namespace?: string | null) => readonly DocumentRow[]
  /** A token without a login. */
  readonly token: (email?: string) => string
  /** That token, or all, are void from now on. */
  readonly revoke: (token?: string) => void
  /** Somebody else's doing, past every rule: makes or changes a row. */
  readonly write: (row: Partial<DocumentRow> & { readonly namespace?: string | null }) => DocumentRow
  readonly erase: (id: string) => void
  readonly mishap: (mishap: Mishap) => void
  /** Mishaps that met no request yet. */
  readonly pendingMishaps: () => number
  /** Resolves with the next request that fits, also one that is answered with a mishap. */
  readonly seen: (fits: (request: RecordedRequest) => boolean) => Promise<RecordedRequest>
  readonly close: () => Promise<void>
}

export async function startDocumentServer(options: DocumentServerOptions = {}): Promise<DocumentServer> {
  const state = new DocumentState(options)
  const requests: RecordedRequest[] = []
  const mishaps: Mishap[] = []
  const waiting = new Set<(request: RecordedRequest) => void>()
  const server = createServer((request, response) => {
    void (async () => {
      const recorded = await record(request)
      // Of a client that hung up in the middle nobody is to be answered.
      if (recorded === null) return
      requests.push(recorded)
      for (const look of waiting) look(recorded)
      const at = mishaps.findIndex((one) => isFor(one, recorded))
      const [mishap] = at === -1 ? [] : mishaps.splice(at, 1)
      const isTrue = mishap?.answer === undefined || mishap.answer === 'half'
      const answer = isTrue || mishap.isApplied === true ? state.answer(recorded) : { status: 500, body: null }
      await mishap?.until
      send(response, answer, mishap?.answer)
    })()
  })
  const url = await listening(server)
  return {
    ...{ url, requests },
    rows: (namespace = null) => state.list(namespace),
    token: (email) => state.issue(email),
    revoke: (token) => state.revoke(token),
    write: (row) => state.write(row),
    erase: (id) => void state.rows.delete(id),
    mishap: (mishap) => void mishaps.push(mishap),
    pendingMishaps: () => mishaps.length,
    seen: (fits) =>
      new Promise((resolve) => {
        const look = (request: RecordedRequest): void => {
          if (!fits(request)) return
          waiting.delete(look)
          resolve(request)
        }
        waiting.add(look)
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

// --- internal ---

interface Answer {
  readonly status: number
  readonly body: unknown
}

const unauthorized: Answer = { status: 401, body: { message: 'Unauthorized', statusCode: 401 } }
const notFound = fault(404, 'Not Found', 'Port forward not found')

function fault(status: number, error: string, message: string | readonly string[]): Answer {
  return { status, body: { message, error, statusCode: status } }
}

class DocumentState {
  readonly rows = new Map<string, DocumentRow>()
  readonly #tokens = new Map<string, string>()
  readonly #users: readonly (DocumentUser & { readonly id: string })[]
  readonly #teams: readonly DocumentTeam[]
  readonly #now: () => number
  readonly #isTerse: boolean
  #order = 0

  constructor({ users, teams = [], now = Date.now, isTerse = false }: DocumentServerOptions) {
    const known = users ?? [{ email: 'ada@example.com', password: 'secret123' }]
    this.#users = known.map((user) => ({ ...user, id: randomUUID() }))
    this.#teams = teams
    this.#now = now
    this.#isTerse = isTerse
  }

  issue(email = this.#users[0]?.email ?? ''): string {
    const token = `token-${randomUUID()}`
    this.#tokens.set(token, email)
    return token
  }

  revoke(token?: string): void {
    if (token === undefined) this.#tokens.clear()
    else this.#tokens.delete(token)
  }

  list(namespace: string | null): readonly DocumentRow[] {
    return [...this.rows.values()].filter((row) => row.namespace === namespace).sort((a, b) => b.order - a.order)
  }

  write(change: Partial<DocumentRow>): DocumentRow {
    const at = new Date(this.#now()).toISOString()
    const before = change.id === undefined ? undefined : this.rows.get(change.id)
    const fresh = { id: randomUUID(), order: ++this.#order, createdAt: at, owner: this.#users[0]?.email ?? '' }
    const row = { ...documentRow, ...fresh, ...before, ...change, updatedAt: at }
    this.rows.set(row.id, row)
    return row
  }

  answer({ method, path, headers, body }: RecordedRequest): Answer {
    const { pathname, searchParams } = new URL(path, 'http://x')
    if (method === 'POST' && pathname === '/auth/login') return this.#login(body)
    const email = this.#tokens.get(/^Bearer (.+)$/.exec(String(headers['authorization']))?.[1] ?? '')
    const [, first, id, deed, ...rest] = pathname.split('/')
    const cannot = fault(404, 'Not Found', `Cannot ${method} ${pathname}`)
    if (first !== 'port-forwards' || rest.length > 0) return cannot
    if (email === undefined) return unauthorized
    const given = searchParams.get('namespace')
    const namespace = given === '' || given === 'null' ? null : given
    if (id === undefined) return this.#all(method, { email, namespace, body, status: searchParams.get('status') })
    if (method === 'POST' && id === 'sync' && deed === undefined) return this.#sync(email, body)
    return this.#one(`${method} ${deed ?? ''}`.trim(), { email, id, body }) ?? cannot
  }

  #login(body: unknown): Answer {
    const { email, password } = (body ?? {}) as Partial<DocumentUser>
    const user = this.#users.find((one) => one.email === email && one.password === password)
    if (user === undefined) return fault(401, 'Unauthorized', 'Invalid credentials')
    const { id } = user
    return { status: 200, body: { user: { id, email, username: 'ada' }, token: this.issue(email) } }
  }

  #all(method: string, ask: Ask & { readonly namespace: string | null; readonly status: string | null }): Answer {
    const { email, namespace, body, status } = ask
    const role = this.#roleIn(namespace, email)
    if (role === null) return fault(403, 'Forbidden', '您不是该团队成员')
    if (method === 'GET') {
      const mine = this.list(namespace).filter((row) => namespace !== null || row.owner === email)
      return { status: 200, body: mine.filter((row) => status === null || row.status === status).map(this.#shown) }
    }
    if (method !== 'POST') return fault(404, 'Not Found', `Cannot ${method} /port-forwards`)
    if (role === 'user') return fault(403, 'Forbidden', '使用者无权编辑团队数据')
    const faults = faultsOf(body, true)
    if (faults.length > 0) return fault(400, 'Bad Request', faults)
    return { status: 201, body: this.#shown(this.write({ ...(body as object), namespace, owner: email })) }
  }

  #sync(email: string, body: unknown): Answer {
    if (!Array.isArray(body)) return fault(400, 'Bad Request', ['an array is expected'])
    const faults = body.flatMap((element: unknown) => faultsOf(element, true))
    if (faults.length > 0) return fault(400, 'Bad Request', faults)
    for (const element of body as Partial<DocumentRow>[]) {
      const isSame = (row: DocumentRow): boolean =>
        typeof element.localId === 'string' && row.localId === element.localId
      const found =
        this.list(null).find((row) => row.owner === email && isSame(row)) ??
        [...this.rows.values()].find((row) => isSame(row) && this.#mayEdit(row, email))
      this.write(found === undefined ? { ...element, owner: email } : { ...element, id: found.id })
    }
    return { status: 201, body: { message: 'Port forwards synced successfully', syncedCount: body.length } }
  }

  #one(deed: string, { email, id, body }: Ask & { readonly id: string }): Answer | null {
    if (!['GET', 'PATCH', 'DELETE', 'GET status', 'POST start', 'POST stop'].includes(deed)) return null
    const row = this.rows.get(id)
    if (row === undefined || !this.#maySee(row, email)) return notFound
    if ((deed === 'PATCH' || deed === 'DELETE') && !this.#mayEdit(row, email)) {
      return fault(403, 'Forbidden', deed === 'PATCH' ? '使用者无权编辑团队数据' : '使用者无权删除团队数据')
    }
    switch (deed) {
      case 'PATCH': {
        const faults = faultsOf(body, false)
        if (faults.length > 0) return fault(400, 'Bad Request', faults)
        return { status: 200, body: this.#shown(this.write({ ...(body as object), id })) }
      }
      case 'DELETE':
        this.rows.delete(id)
        return { status: 200, body: { message: 'Port forward deleted successfully' } }
      case 'GET status':
        return { status: 200, body: statusOf(row) }
      case 'POST start': {
        const ids = { tunnelId: randomUUID(), connectionId: randomUUID() }
        const lastUsed = new Date(this.#now()).toISOString()
        return { status: 200, body: this.#shown(this.write({ id, status: 'active', lastUsed, ...ids })) }
      }
      case 'POST stop': {
        const stopped = this.write({ id, status: 'inactive', tunnelId: null, connectionId: null })
        return { status: 200, body: this.#shown(stopped) }
      }
      default:
        return { status: 200, body: this.#shown(row) }
    }
  }

  #roleIn(namespace: string | null, email: string): 'owner' | 'developer' | 'user' | null {
    if (namespace === null) return 'owner'
    return this.#teams.find(({ id }) => id === namespace)?.members[email] ?? null
  }

  #maySee(row: DocumentRow, email: string): boolean {
    return row.namespace === null ? row.owner === email : this.#roleIn(row.namespace, email) !== null
  }

  #mayEdit(row: DocumentRow, email: string): boolean {
    return this.#maySee(row, email) && this.#roleIn(row.namespace, email) !== 'user'
  }

  readonly #shown = ({ order: _order, owner: _owner, ...row }: DocumentRow): object => {
    if (!this.#isTerse) return { ...row, dataType: row.namespace === null ? 'personal' : 'team' }
    const { serverAddress: _1, username: _2, authType: _3, password: _4, keyPath: _5, ...terse } = row
    const { keyContent: _6, passphrase: _7, namespace: _8, ...left } = terse
    return left
  }
}

interface Ask {
  readonly email: string
  readonly body: unknown
}

function statusOf(row: DocumentRow): object {
  const { id, status, lastUsed, tunnelId, connectionId, name, type } = row
  const { localHost, localPort, remoteHost, remotePort, bindAddress, bindPort } = row
  return {
    ...{ id, status, lastUsed, tunnelId, connectionId, isActive: status === 'active', name, type },
    ...{ localHost, localPort, remoteHost, remotePort, bindAddress, bindPort },
  }
}

/** `null` when it never came whole. */
async function record(request: IncomingMessage): Promise<RecordedRequest | null> {
  const parts: Buffer[] = []
  try {
    for await (const part of request) parts.push(part as Buffer)
  } catch {
    return null
  }
  const text = Buffer.concat(parts).toString()
  const { method = 'GET', url: path = '/', headers } = request
  return { method, path, headers, body: text === '' ? undefined : parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function isFor({ method, path }: Mishap, request: RecordedRequest): boolean {
  return (method === undefined || method === request.method) && (path?.test(request.path) ?? true)
}

function send(response: ServerResponse, answer: Answer, mishap: Mishap['answer']): void {
  if (mishap === 'drop') return void response.destroy()
  const isMade = typeof mishap === 'object'
  const { status, body } = isMade ? mishap : answer
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null)
  const content = Buffer.from(text)
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/html' : 'application/json; charset=utf-8',
    'content-length': content.length,
    ...(isMade ? mishap.headers : {}),
  })
  if (mishap !== 'half') return void response.end(content)
  response.write(content.subarray(0, Math.ceil(content.length / 2)), () => response.destroy())
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
