/** A client of `/port-forwards/events`, as much of one as a test needs. */
import { expect } from 'vitest'
import type { CloudServer } from '../../src/cloud/server'

export interface Events {
  /** The cursor of the next `change`; `null` when the stream ended. Passes over what else is told. */
  readonly next: () => Promise<number | null>
  /** The next event that is no `change`, by its name. */
  readonly news: () => Promise<string | null>
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
  const events = told(response)
  const until = async <T>(wanted: (event: Told) => T | undefined): Promise<T | null> => {
    for (;;) {
      const { done, value } = await events.next()
      if (done === true) return null
      const found = wanted(value)
      if (found !== undefined) return found
    }
  }
  const next = (): Promise<number | null> => until(({ name, data }) => (name === 'change' ? data.cursor : undefined))
  return {
    next,
    news: () => until(({ name }) => (name === 'change' ? undefined : name)),
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

interface Told {
  readonly name: string
  readonly data: { readonly cursor?: number }
}

async function* told(response: Response): AsyncGenerator<Told, undefined> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1]
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) as Told['data'] }
    }
  }
  return undefined
}
