/** Whose address a request comes from. */
import { getConnInfo } from '@hono/node-server/conninfo'
import type { RouteContext, Services } from './context'

/** Behind a proxy that is trusted, what it wrote last; the entries before it anybody can make up. */
export function callerOf({ config }: Pick<Services, 'config'>, context: RouteContext): string {
  if (config.trustProxy) {
    const forwarded = context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim()
    if (forwarded !== undefined && forwarded !== '') return forwarded
  }
  try {
    return getConnInfo(context).remote.address ?? 'unknown'
  } catch {
    // A request made in the process, without a socket.
    return 'unknown'
  }
}
