/** `GET /port-forwards/events`: tells that a list changed, so that a client asks `?since=` (HTML Living Standard §9.2). */
import { streamSSE } from 'hono/streaming'
import { ownerOf } from '../access'
import type { RouteContext, Services } from '../context'
import { scopeOf } from '../store'

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 25_000

/**
 * Each event is `change` with `{"cursor":N}`; the first one tells where the list stands. A stream ends with its token, when the person
 * leaves the team, and when the server stops.
 */
export async function eventStream(services: Services, context: RouteContext): Promise<Response> {
  const session = context.get('session')
  const owner = await ownerOf(services, context, 'read')
  const scope = scopeOf(owner)
  const { store, metrics } = services
  context.header('x-accel-buffering', 'no')
  return streamSSE(context, async (stream) => {
    let finish: () => void = () => undefined
    const over = new Promise<void>((resolve) => {
      finish = resolve
    })
    let tail: Promise<unknown> = Promise.resolve()
    const send = (rev: number): void => {
      const data = async (): Promise<void> => {
        if (!(await isStillAllowed(services, session.user.id, owner.namespace))) return finish()
        await stream.writeSSE({ event: 'change', data: JSON.stringify({ cursor: rev }) })
      }
      tail = tail.then(data).catch(finish)
    }
    const forget = store.changes.listen(scope, ({ rev }) => {
      send(rev)
    })
    const forgetStopping = services.onStopping(finish)
    const heartbeat = setInterval(() => {
      tail = tail.then(() => stream.write(': still here\n\n')).catch(finish)
      if (services.now() / 1000 >= session.expiresAt) finish()
    }, HEARTBEAT_MS)
    stream.onAbort(finish)
    metrics.streams(1)
    try {
      send(await store.forwards.cursor(scope))
      await over
    } finally {
      metrics.streams(-1)
      clearInterval(heartbeat)
      forget()
      forgetStopping()
    }
  })
}

// --- internal ---

async function isStillAllowed({ store }: Services, userId: string, namespace: string | null): Promise<boolean> {
  return namespace === null || (await store.teams.membership(namespace, userId)) !== null
}
