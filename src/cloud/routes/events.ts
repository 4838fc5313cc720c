/** `GET /port-forwards/events`: tells that a list changed, so that a client asks `?since=` (HTML Living Standard §9.2). */
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import { ownerOf } from '../access'
import type { RouteContext, Services, Session } from '../context'
import { Problem } from '../problem'
import { bearerOf, sessionOf } from '../session'
import { endings, scopeOf, type Owner } from '../store'

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 25_000
/** A notice can get lost with a database that fails over: so many heartbeats later it is asked all the same. */
const HEARTBEATS_PER_LOOK = 20

/**
 * `change` with `{"cursor":N}`: the list changed; the first one tells where it stands. `teams` (of one's own stream) and `team` (of a
 * team's) with `{}`: memberships, roles or keys are others now. A change asks the database nothing: a stream ends
 * when it is told that its token, its account's tokens, the membership or the team is over, at the token's time, and when the server stops.
 */
export async function eventStream(services: Services, context: RouteContext): Promise<Response> {
  const owner = await ownerOf(services, context, 'read')
  if (services.isStopping()) throw new Problem(503, 'The server is stopping')
  const session = context.get('session')
  const allowed = async (): Promise<boolean> => {
    const { user } = await sessionOf(services, bearerOf(context) ?? '')
    return owner.namespace === null || (await services.store.teams.membership(owner.namespace, user.id)) !== null
  }
  context.header('x-accel-buffering', 'no')
  return streamSSE(context, (stream) => tell(services, stream, { owner, session, allowed }))
}

// --- internal ---

interface Listening {
  readonly owner: Owner
  readonly session: Session
  /** Asks the database. Rejects, or answers false, when the stream must end. */
  readonly allowed: () => Promise<boolean>
}

/** Resolves when the stream is over. A client that reads slowly is told the newest cursor, not each one. */
async function tell(services: Services, stream: SSEStreamingApi, listening: Listening): Promise<void> {
  const { store, metrics } = services
  const scope = scopeOf(listening.owner)
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const isOver = (): boolean => services.now() / 1000 >= listening.session.expiresAt
  let wanted = -1
  let told = -1
  let heartbeats = 0
  let mustLook = true
  let hasNews = false
  let isBeat = false
  const step = async (): Promise<boolean> => {
    if (isOver()) return false
    if (mustLook) {
      mustLook = false
      if (!(await listening.allowed())) return false
      wanted = Math.max(wanted, await store.forwards.cursor(scope))
    }
    if (hasNews) {
      hasNews = false
      await stream.writeSSE({ event: listening.owner.namespace === null ? 'teams' : 'team', data: '{}' })
    }
    if (wanted > told) {
      told = wanted
      await stream.writeSSE({ event: 'change', data: JSON.stringify({ cursor: told }) })
    } else if (isBeat) {
      await stream.write(': still here\n\n')
    }
    isBeat = false
    return true
  }
  let isBusy = false
  const work = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    try {
      do if (!(await step())) return end()
      while (mustLook || hasNews || wanted > told)
    } catch {
      end()
    } finally {
      isBusy = false
    }
  }
  const forget = store.changes.listen(
    { scope, endings: endingsOf(listening) },
    {
      changed: (rev) => {
        wanted = Math.max(wanted, rev)
        void work()
      },
      news: () => {
        hasNews = true
        void work()
      },
      ended: end,
      look: () => {
        // What was missed may have been news too.
        mustLook = true
        hasNews = true
        void work()
      },
    },
  )
  const forgetStopping = services.onStopping(end)
  const heartbeat = setInterval(() => {
    heartbeats += 1
    void services.heard(listening.session)
    isBeat = true
    if (heartbeats % HEARTBEATS_PER_LOOK === 0) mustLook = true
    if (isOver()) end()
    else void work()
  }, HEARTBEAT_MS)
  stream.onAbort(() => {
    end()
  })
  metrics.streams(1)
  try {
    // Asked again, now that nothing that ends it is missed.
    void work()
    await over
  } finally {
    metrics.streams(-1)
    clearInterval(heartbeat)
    forget()
    forgetStopping()
  }
}

function endingsOf({ owner: { namespace }, session }: Listening): readonly string[] {
  const { user, jti, device } = session
  return [
    endings.user(user.id),
    endings.token(jti),
    ...(device === null ? [] : [endings.device(device)]),
    ...(namespace === null ? [] : [endings.member(namespace, user.id), endings.team(namespace)]),
  ]
}
