/** Forwards in the rarer ways: a range, asleep, timed, unhealthy, bound otherwise than asked, a proxy with a login. */
import type { ForwardView } from '@shared/snapshots'
import { makeFault, makeForward } from './_data'

const at = (ms: number): string => new Date(Date.now() + ms).toISOString()
const MINUTE_MS = 60_000

export function wayForwards(): readonly ForwardView[] {
  const timed = { stopsAt: at(42 * MINUTE_MS) }
  return [
    having(makeForward('workers', { state: 'running', spec: { localPort: 9000, remotePort: 9000, portCount: 10 } }), {
      portCount: 10,
      listen: { host: '127.0.0.1', port: 9000 },
      target: { host: 'workers.internal', port: 9000 },
    }),
    having(makeForward('wiki', { state: 'running', minutes: 47, spec: { localPort: 8088, onDemand: true } }), {
      asleep: true,
    }),
    having(makeForward('payroll', { state: 'running', minutes: 78, connections: 1 }), timed),
    having(makeForward('night', { state: 'running', minutes: 5, spec: { localPort: 8090, onDemand: true } }), {
      ...timed,
      asleep: true,
    }),
    having(
      makeForward('shop', {
        state: 'degraded',
        minutes: 2,
        reason: makeFault({
          code: 'health.failed',
          message: 'The health check failed 2 times in a row: GET /health answered 503.',
          fix: 'The session is up: look at the service behind it.',
          remedy: null,
          detail: null,
        }),
        spec: { localPort: 8089, health: { kind: 'http', path: '/health', status: 200, everySeconds: 30 } },
      }),
      { health: { healthy: false, message: 'GET /health answered 503', at: at(-8000) } },
    ),
    having(
      makeForward('preview', {
        state: 'running',
        minutes: 9,
        via: ['edge'],
        spec: {
          ...{ type: 'remote', serverId: 'server-edge', bindAddress: '0.0.0.0' },
          ...{ remotePort: 8000, remoteHost: null, localPort: 3000 },
        },
      }),
      {
        notice: 'The server bound 127.0.0.1 only: GatewayPorts in its sshd_config is no',
        exposed: false,
        health: { healthy: true, message: 'answered in 12 ms', at: at(-8000) },
      },
    ),
    makeForward('proxy-of-the-team', {
      state: 'running',
      minutes: 3,
      spec: {
        ...{ type: 'dynamic', localPort: null, remoteHost: null, remotePort: null, bindPort: 1080 },
        ...{ proxyUsername: 'ada', servePac: true },
      },
    }),
  ]
}

// --- internal ---

function having(view: ForwardView, snapshot: Partial<ForwardView['snapshot']>): ForwardView {
  return { ...view, snapshot: { ...view.snapshot, ...snapshot } }
}
