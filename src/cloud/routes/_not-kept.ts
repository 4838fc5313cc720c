/** Says which secrets came in clear and were not kept. */
import type { RouteContext } from '../context'

const NOT_KEPT_HEADER = 'warren-secrets-not-kept'

export const notKept = (context: RouteContext, dropped: readonly string[]): void => {
  if (dropped.length > 0) context.header(NOT_KEPT_HEADER, dropped.join(', '))
}
