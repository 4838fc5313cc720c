/** One request passed on to the origin server, and its answer passed back. */
import { failureAnswer, formatAnswer, type Answer } from './_http-answers'
import {
  endToEnd,
  formatHead,
  HttpRefusal,
  parseResponseHead,
  valuesOf,
  wordsOf,
  type Field,
  type RequestHead,
  type ResponseHead,
} from './_http-head'
import { readHead, relayBody } from './_http-read'
import type { Wish } from './_http-target'
import type { ProxyClientOptions, ProxyTarget } from './_proxy-types'
import { writePaced, type Pace } from './_pace'
import { sayAndClose, StreamReader } from './_stream-reader'

/** A connection to an origin server that may serve several requests of one client. */
export interface Upstream {
  readonly target: ProxyTarget
  readonly reader: StreamReader
}

export interface Exchange {
  readonly client: StreamReader
  readonly head: RequestHead
  readonly wish: Extract<Wish, { kind: 'request' }>
  readonly options: ProxyClientOptions
  /** Of the request before, when its answer left it open. */
  readonly kept: Upstream | null
}

/** `upstream`: open for another request. `keep`: the client may ask again. Otherwise the client is closed, or will be. */
export interface ExchangeResult {
  readonly keep: boolean
  readonly upstream: Upstream | null
}

const OVER: ExchangeResult = { keep: false, upstream: null }

export async function exchange(asked: Exchange): Promise<ExchangeResult> {
  const { client, options } = asked
  const isReused = asked.kept !== null && isUsable(asked.kept, asked.wish.target)
  if (!isReused) asked.kept?.reader.stream.destroy()
  let upstream: Upstream
  try {
    upstream = isReused && asked.kept !== null ? asked.kept : await dial(asked)
  } catch (error) {
    options.onFailure(error as Error)
    refuse(asked, failureAnswer(error))
    return OVER
  }
  const { stream } = upstream.reader
  const onGone = (): void => {
    stream.destroy()
  }
  client.stream.once('close', onGone)
  try {
    const result = await converse(asked, { upstream, isReused })
    if (result.upstream === null) stream.destroy()
    else upstream.reader.watch()
    return result
  } finally {
    client.stream.off('close', onGone)
  }
}

/** Says why not and closes. */
export function refuse({ client, options }: Pick<Exchange, 'client' | 'options'>, answer: Answer): void {
  const text = formatAnswer(answer)
  options.counter.bytesDown += text.length
  client.release()
  sayAndClose(client.stream, text)
}

// --- internal ---

const VIA = 'warren'

async function dial({ wish, options, client }: Exchange): Promise<Upstream> {
  const stream = await options.way.open(wish.target)
  options.onReached()
  if (client.stream.destroyed) stream.destroy()
  return { target: wish.target, reader: new StreamReader(stream) }
}

function isUsable({ target, reader }: Upstream, wanted: ProxyTarget): boolean {
  return target.host === wanted.host && target.port === wanted.port && reader.isQuiet
}

async function converse(
  asked: Exchange,
  { upstream, isReused }: { upstream: Upstream; isReused: boolean },
): Promise<ExchangeResult> {
  const { client, head, options } = asked
  const { stream } = upstream.reader
  // The head was counted when it was read.
  const headPace: Pace = { flow: () => options.limits.up, onBytes: () => undefined }
  await writePaced(stream, Buffer.from(requestHead(asked), 'latin1'), headPace)
  const body: { sent: 'pending' | 'complete' | 'cut' | 'unwanted'; fault: Error | null } = {
    sent: 'pending',
    fault: null,
  }
  const pace: Pace = {
    flow: () => options.limits.up,
    onBytes: (bytes) => {
      options.counter.bytesUp += bytes
    },
  }
  const sending = relayBody({ from: client, to: stream, body: head.body, pace }).then(
    (result) => {
      body.sent = result
      // Half a body must not look like a whole one to the origin server.
      if (result === 'cut') stream.destroy()
      else client.watch()
    },
    (error: Error) => {
      body.fault = error
      stream.destroy()
    },
  )
  try {
    const answered = await answer(asked, upstream)
    if (answered === 'nothing') {
      await sending
      // The origin server may have closed a kept connection just then; a client that is only closed asks again by itself.
      if (body.fault !== null) throw body.fault
      if (isReused || body.sent === 'cut') client.stream.destroy()
      else throw new HttpRefusal(502, 'The target closed the connection without an answer.')
      return OVER
    }
    const isWhole = answered !== 'cut' && body.sent === 'complete'
    if (!isWhole || !answered.keepClient) {
      client.release()
      if (answered === 'cut') client.stream.destroy()
      else sayAndClose(client.stream, null)
      return OVER
    }
    return { keep: true, upstream: answered.keepUpstream ? upstream : null }
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error
    if (body.fault === null) options.onInvalid(error.message)
    refuse(asked, { status: error.status, text: `${error.message}\n` })
    return OVER
  }
}

function requestHead({ head, wish }: Exchange): string {
  const fields: Field[] = [['Host', wish.authority]]
  for (const field of endToEnd(head.fields)) if (field[0].toLowerCase() !== 'host') fields.push(field)
  fields.push(['Via', `${head.version} ${VIA}`])
  if (head.version === '1.0') fields.push(['Connection', 'close'])
  return formatHead(`${head.method} ${wish.path} HTTP/${head.version}`, fields)
}

interface Answered {
  readonly keepClient: boolean
  readonly keepUpstream: boolean
}

/** Passes the answer on. `nothing`: the target closed before it said a word; `cut`: it broke off in the middle. */
async function answer(
  { client, head, options }: Exchange,
  { reader }: Upstream,
): Promise<Answered | 'nothing' | 'cut'> {
  const pace: Pace = {
    flow: () => options.limits.down,
    onBytes: (bytes) => {
      options.counter.bytesDown += bytes
    },
  }
  for (let begun = false; ; begun = true) {
    const text = await readHead(reader)
    if (text === null) return begun ? 'cut' : 'nothing'
    const response = parseResponseHead(text, head.method)
    const isInterim = response.status < 200
    if (response.status === 101) throw new HttpRefusal(502, 'The target switched protocols unasked.')
    if (response.body.kind === 'chunked' && head.version === '1.0') {
      throw new HttpRefusal(502, 'The target answers an HTTP 1.0 request in chunks.')
    }
    // HTTP 1.0 knows no interim answers.
    if (isInterim && head.version === '1.0') continue
    const keepClient = !isInterim && wantsMore(head) && response.body.kind !== 'to-end'
    const out = responseHead(response, { keepClient, isInterim, version: head.version })
    if (!(await writePaced(client.stream, Buffer.from(out, 'latin1'), pace))) return 'cut'
    if (isInterim) continue
    const passed = await relayBody({ from: reader, to: client.stream, body: response.body, pace })
    if (passed !== 'complete') return 'cut'
    const keepUpstream = head.version === '1.1' && mayKeep(response)
    return { keepClient, keepUpstream }
  }
}

function responseHead(
  response: ResponseHead,
  { keepClient, isInterim, version }: { keepClient: boolean; isInterim: boolean; version: string },
): string {
  const fields = [...endToEnd(response.fields), ['Via', `${response.version} ${VIA}`] as const]
  if (!isInterim && !keepClient) fields.push(['Connection', 'close'])
  else if (!isInterim && version === '1.0') fields.push(['Connection', 'keep-alive'])
  return formatHead(`HTTP/1.1 ${response.status} ${response.reason}`, fields)
}

/** Whether the client keeps its connection open: of HTTP 1.0 only where it says so. */
export function wantsMore({ version, fields }: Pick<RequestHead, 'version' | 'fields'>): boolean {
  const words = [...wordsOf(fields, 'connection'), ...wordsOf(fields, 'proxy-connection')]
  return !words.includes('close') && (version === '1.1' || words.includes('keep-alive'))
}

function mayKeep(response: ResponseHead): boolean {
  if (response.body.kind === 'to-end' || valuesOf(response.fields, 'upgrade').length > 0) return false
  const words = wordsOf(response.fields, 'connection')
  return !words.includes('close') && (response.version === '1.1' || words.includes('keep-alive'))
}
