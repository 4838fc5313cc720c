/**
 * The X Port Forward API: relays driven by hosting panels over HTTP.
 *
 * As in the original any path and method will do, only the query string is read, and the HTTP status is always 200. What Warren does
 * otherwise is written down in docs/x-port-forward.md.
 */
import type { IncomingMessage } from 'node:http'
import type { Services } from '../../services'
import type { ApiContext, ControlApi } from '../types'
import { addForward } from './_add'
import {
  authError,
  callFailed,
  encode,
  inShort,
  noAction,
  unknownAction,
  wrongParameterCount,
  type Answer,
} from './_answers'
import { changeStatus, deleteForward, reloadForward, resetBandwidth, syncDeleted } from './_changes'
import { createDesk, type Desk } from './_desk'
import { editForward } from './_edit'
import { readParameters, type Parameters } from './_parameters'
import { queryValue } from './_query'
import { forwardInfos, proxyStatus, serverInfo, trafficLogs } from './_questions'
import { createGate, isSignature, type Gate } from './_signature'

export { createReporter, type Reporter } from './reporter'

const MAX_NAMED = 100

export function createXPortForward(services: Services, context: ApiContext): ControlApi {
  const desk = createDesk(services)
  const gate = createGate(services.now)
  return {
    name: 'x-port-forward',
    handle: async (request, response) => {
      const call = readCall(request)
      const answer = await answerTo(desk, { call, gate, context })
      const text = encode(answer)
      response.writeHead(200, {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    },
    close: () => undefined,
  }
}

// --- internal ---

interface Call {
  readonly caller: string
  readonly sign: string
  readonly action: string
  readonly parameters: Parameters | null
}

type Action =
  | { readonly asks: 'parameters'; readonly run: (desk: Desk, parameters: Parameters) => Promise<Answer> | Answer }
  | { readonly asks: 'nothing'; readonly run: (desk: Desk) => Answer }

const change = (run: (desk: Desk, parameters: Parameters) => Promise<Answer>): Action => ({
  asks: 'parameters',
  run: (desk, parameters) => desk.services.inTurn(() => run(desk, parameters)),
})
const ask = (run: (desk: Desk, parameters: Parameters) => Promise<Answer> | Answer): Action => ({
  asks: 'parameters',
  run,
})

const actions: ReadonlyMap<string, Action> = new Map([
  ['add_forward', change(addForward)],
  ['edit_forward', change(editForward)],
  ['del_forward', change(deleteForward)],
  ['change_status_forward', change(changeStatus)],
  ['get_forward_infos', ask(forwardInfos)],
  ['get_forward_traffic_logs', ask(trafficLogs)],
  ['reset_forward_bandwidth', change(resetBandwidth)],
  ['reload_forward', change(reloadForward)],
  ['server_info', { asks: 'nothing', run: serverInfo }],
  ['forward_del_sync', change(syncDeleted)],
  ['forward_proxy_status', ask(proxyStatus)],
])

function readCall(request: IncomingMessage): Call {
  const target = request.url ?? ''
  return {
    caller: request.socket.remoteAddress ?? '',
    sign: queryValue(target, 'sign'),
    action: queryValue(target, 'action'),
    parameters: readParameters(queryValue(target, 'action_data')),
  }
}

interface Hearing {
  readonly call: Call
  readonly gate: Gate
  readonly context: ApiContext
}

async function answerTo(desk: Desk, { call, gate, context }: Hearing): Promise<Answer> {
  const { caller, action, parameters } = call
  const key = context.key()
  const verdict = gate.judge(caller, () => key !== null && key !== '' && isSignature(call.sign, key))
  // Guesses beyond the bound are not written down one by one: they would push everything else out of the audit.
  if (verdict === 'unheard') return authError
  const answer = verdict === 'right' ? await run(desk, action, parameters) : authError
  context.audit({
    caller,
    action: named(action),
    subject: named(parameters?.text('forwardname') ?? ''),
    result: inShort(answer),
  })
  return answer
}

async function run(desk: Desk, name: string, parameters: Parameters | null): Promise<Answer> {
  if (name === '') return noAction
  const action = actions.get(name)
  if (action === undefined) return unknownAction
  if ((action.asks === 'nothing') !== (parameters === null)) return wrongParameterCount
  try {
    if (action.asks === 'nothing') return action.run(desk)
    return parameters === null ? wrongParameterCount : await action.run(desk, parameters)
  } catch (error) {
    await desk.services.warnings.tolerate(() => Promise.reject(error as Error))
    return callFailed
  }
}

/** What a caller sent, short enough to be written down. */
function named(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, MAX_NAMED)
}
