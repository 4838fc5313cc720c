/** The server put together, without a socket: what a request meets, in order. */
import { randomUUID } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { routePath } from 'hono/route'
import { secureHeaders } from 'hono/secure-headers'
import { extensions, EXTENSIONS_HEADER } from '@shared/cloud'
import { MAX_BODY_BYTES } from './body'
import type { App, Env, RouteContext, Services } from './context'
import { openApiDocument } from './openapi'
import { Problem } from './problem'
import { authRoutes } from './routes/auth'
import { docsPage } from './routes/docs'
import { invitePage } from './routes/invite'
import { ownKeyRoutes } from './routes/keys'
import { portForwardRoutes } from './routes/port-forwards'
import { teamRoutes } from './routes/teams'

const SECOND_MS = 1000

export function createApp(services: Services): App {
  const { store, config, metrics, log } = services
  const app = new Hono<Env>()
  app.use(observed(services))
  app.use(secureHeaders())
  if (config.corsOrigins.length > 0) {
    const exposeHeaders = ['ETag', 'Retry-After', 'Warren-Cursor', EXTENSIONS_HEADER]
    app.use(cors({ origin: [...config.corsOrigins], credentials: true, exposeHeaders }))
  }
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Problem(413, 'The body is too large')
      },
    }),
  )
  app.get('/healthz', (context) => context.json({ status: 'ok' }))
  app.get('/readyz', async (context) => {
    if (services.isStopping()) throw new Problem(503, 'The server is stopping')
    await store.ping().catch(() => {
      throw new Problem(503, 'The database does not answer')
    })
    return context.json({ status: 'ok' })
  })
  app.get('/metrics', async (context) =>
    context.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  )
  let described: ReturnType<typeof openApiDocument> | undefined
  // Made at the first request: only then it is known where the server listens.
  const document = (): ReturnType<typeof openApiDocument> => (described ??= openApiDocument(services.publicUrl()))
  app.get('/openapi.json', (context) => context.json(document()))
  app.get('/docs', (context) => docsPage(context, document()))
  app.get('/invite', (context) => invitePage(services, context))
  app.route('/auth', authRoutes(services))
  app.route('/port-forwards', portForwardRoutes(services))
  app.route('/keys', ownKeyRoutes(services))
  app.route('/teams', teamRoutes(services))
  app.notFound((context) => {
    const { body } = new Problem(404, `Cannot ${context.req.method} ${context.req.path}`)
    return context.json(body, 404)
  })
  app.onError((error, context) => {
    if (error instanceof Problem) return context.json(error.body, error.status, error.headers)
    if (isBrokenOff(context)) {
      log('info', 'a request broke off', { request: context.get('requestId'), error: describe(error) })
      return context.json(new Problem(400, 'The request broke off').body, 400)
    }
    log('error', 'a request failed', { request: context.get('requestId'), error: describe(error) })
    return context.json({ statusCode: 500, message: 'Internal server error' }, 500)
  })
  return app
}

// --- internal ---

/** Names the request, announces what this server knows, counts and logs the answer. Queries are left out: they may hold tokens. */
function observed({ metrics, log, now }: Services): MiddlewareHandler<Env> {
  const announced = extensions.join(', ')
  return async (context, next) => {
    const began = now()
    const requestId = randomUUID()
    context.set('requestId', requestId)
    context.header('x-request-id', requestId)
    context.header(EXTENSIONS_HEADER, announced)
    // Answers hold what only the caller may see, tokens among it.
    context.header('cache-control', 'no-store')
    await next()
    const { status } = context.res
    const { method, path } = context.req
    const seconds = (now() - began) / SECOND_MS
    const route = status === 404 && routePath(context, -1) === '/*' ? 'none' : routePath(context, -1)
    metrics.answered({ route, method, status, seconds })
    const session = context.get('session') as Env['Variables']['session'] | undefined
    const who = session === undefined ? {} : { user: session.user.id }
    log('info', 'answered', { request: requestId, method, path, status, seconds, ...who })
  }
}

/** The client hung up or sent what is no HTTP before its body was whole: no fault of the server, and nobody hears the answer. */
function isBrokenOff(context: RouteContext): boolean {
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>
  return incoming !== undefined && incoming.errored !== null && !incoming.complete
}

/** What the database says of a failed statement may hold its parameters: only its first line and code go to the log. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  return `${error.name}: ${error.message.split('\n')[0]?.slice(0, 200) ?? ''}${code}`
}
