/** A cloud server, asked over HTTP. */
import { accountRoutes } from './_account'
import { listen } from './_events'
import { forwardRoutes } from './_forwards'
import { createHttp, type Answer, type Request } from './_http'
import { createSession } from './_session'
import { keyRoutes, teamRoutes } from './_teams'
import type { CloudClient, CloudClientOptions } from './types'

export { CloudError } from './_faults'

const ANSWER_MS = 20_000

/** Asks nothing before the first method is called. */
export function createCloudClient(options: CloudClientOptions): CloudClient {
  const { url, tokens, device, insecure = false, timeoutMs = ANSWER_MS } = options
  const http = createHttp({ url, insecure, timeoutMs })
  const session = createSession(http, tokens)
  const bound = (signal: AbortSignal | undefined): CloudClient => {
    const send = (request: Request): Promise<Answer> => session.send({ ...request, signal })
    return {
      url,
      extensions: http.extensions,
      ...accountRoutes({ http, session, tokens, device, signal }),
      ...forwardRoutes({ http, send, device }),
      teams: teamRoutes({ http, send }),
      keys: keyRoutes({ http, send }),
      events: (namespace, listeners, until) => listen({ http, session, namespace, listeners, signal: until }),
      until: bound,
    }
  }
  return bound(undefined)
}
