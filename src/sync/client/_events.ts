/** `/port-forwards/events`: server-sent events (HTML Living Standard §9.2). */
import type { Readable } from 'node:stream'
import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import type { Namespace } from '../types'
import { badAnswer, CloudError, faultOfTransport } from './_faults'
import type { Http } from './_http'
import type { Session } from './_session'
import type { EventListeners } from './types'

/** The server says something every 25 s. */
const SILENCE_MS = 65_000
/** Without the end of an event. */
const MAX_EVENT = 256 * 1024

const changeSchema = z.looseObject({ cursor: z.union([z.string(), z.int()]).transform(String) })

export interface EventOptions {
  readonly http: Http
  readonly session: Session
  readonly namespace: Namespace
  readonly listeners: EventListeners
  readonly signal: AbortSignal
}

/** Resolves when the server ends the stream or `signal` does; throws when it breaks. */
export async function listen({ http, session, namespace, listeners, signal }: EventOptions): Promise<void> {
  if (signal.aborted) return
  try {
    const { body, type } = await session.open({
      ...{ method: 'GET', path: '/port-forwards/events', query: { namespace }, signal },
    })
    if (!type.includes('text/event-stream')) {
      body.destroy()
      throw badAnswer(`${http.host} answered ${type} in place of events.`)
    }
    listeners.onOpen?.()
    await read(body, { http, listeners, signal })
  } catch (error) {
    if (!isAborted(signal)) throw error
  }
}

// --- internal ---

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

async function read(
  body: Readable,
  { http, listeners, signal }: Pick<EventOptions, 'http' | 'listeners' | 'signal'>,
): Promise<void> {
  let length = 0
  const parser = createParser({
    onEvent: ({ event, data }) => {
      length = 0
      tell(listeners, event ?? 'message', data)
    },
    onComment: () => {
      length = 0
    },
  })
  const state = { isSilent: false }
  const silence = setTimeout(() => {
    state.isSilent = true
    body.destroy()
  }, SILENCE_MS)
  const stop = (): void => void body.destroy()
  signal.addEventListener('abort', stop, { once: true })
  const decoder = new TextDecoder()
  try {
    for await (const chunk of body) {
      silence.refresh()
      const text = decoder.decode(chunk as Buffer, { stream: true })
      length += text.length
      parser.feed(text)
      if (length > MAX_EVENT) throw badAnswer(`${http.host} sent an event without an end.`)
    }
  } catch (error) {
    if (state.isSilent) throw new CloudError('cloud.timeout', `${http.host} went silent.`)
    throw error instanceof CloudError ? error : faultOfTransport(error, http.host)
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', stop)
    body.destroy()
  }
}

/** What is new to this client is passed over. */
function tell(listeners: EventListeners, event: string, data: string): void {
  if (event === 'teams') listeners.onTeams?.()
  if (event === 'team') listeners.onTeam?.()
  if (event !== 'change') return
  const parsed = changeSchema.safeParse(parsedJson(data))
  if (parsed.success) listeners.onChange(parsed.data.cursor)
}

function parsedJson(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return null
  }
}
