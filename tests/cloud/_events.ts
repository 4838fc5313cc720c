/** A client of `/port-forwards/events`, as much of one as a test needs. */
import { expect } from 'vitest'
import type { CloudServer } from '../../src/cloud/server'

export interface Events {
  /** The cursor of the next event; `null` when the stream ended. */
  readonly next: () => Promise<number | null>
  /** Resolves when the server ended it; passes over what still came. */
  readonly ended: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openEvents(server: CloudServer, token: string, query = ''): Promise<Events> {
  const abort = new AbortController()
  const response = await fetch(`${server.url}/port-forwards/events${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  })
  expect(response.status).toBe(200)
  const events = cursors(response)
  const next = async (): Promise<number | null> => {
    const { done, value } = await events.next()
    return done === true ? null : value
  }
  return {
    next,
    ended: async () => {
      while ((await next()) !== null);
    },
    close: async () => {
      abort.abort()
      await events.return(undefined).catch(() => undefined)
    },
  }
}

// --- internal ---

async function* cursors(response: Response): AsyncGenerator<number, undefined> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield (JSON.parse(data) as { cursor: number }).cursor
    }
  }
  return undefined
}
