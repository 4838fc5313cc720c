/** Control APIs as a fake daemon has them. */
import { API_HOST, API_PORTS, REPORT_SECONDS, type ApiView, type AuditEntry, type ReportState } from '@shared/apis'
import type { Fault } from '@shared/errors'

export interface ApisOptions {
  readonly apis?: readonly ApiView[]
  readonly report?: Partial<ReportState>
  readonly audit?: readonly AuditEntry[]
}

export function makeApi(name: ApiView['name'], changes: Partial<ApiView> = {}): ApiView {
  return {
    ...{ name, enabled: false, state: 'stopped', listen: { host: API_HOST, port: API_PORTS[name] } },
    ...{ hasKey: false, tls: null, exposed: false, fault: null },
    ...changes,
  }
}

export function makeAudit(count: number): readonly AuditEntry[] {
  const calls = [
    ['forward_proxy_status', 'game-frankfurt', '200/34 Success'],
    ['add_forward', 'game-frankfurt', '200/27 Forward Found'],
    ['add_forward', 'game-frankfurt', '200 Success'],
    ['server_info', '', '200/30 Success'],
    ['server_info', '', '403 Auth Error'],
  ] as const
  return Array.from({ length: count }, (_, index) => {
    const [action, subject, result] = calls[index % calls.length] ?? calls[0]
    const at = new Date(Date.now() - index * 71_000).toISOString()
    return { id: count - index, at, api: 'x-port-forward', caller: '198.51.100.7', action, subject, result }
  })
}

const badReport: Fault = {
  code: 'report.failed',
  message: 'panel.example.net answered 500.',
  fix: 'Look at the log of the panel; the rows wait and are sent again.',
  ...{ field: null, remedy: null, detail: 'HTTP 500' },
}

const taken: Fault = {
  code: 'port.in-use',
  message: 'Port 2333 is held by x-port-forward, pid 812.',
  fix: 'Use another port, or end that program.',
  ...{ field: null, remedy: null, detail: 'listen EADDRINUSE 127.0.0.1:2333' },
}

/** What the address of the harness asks for: `off`, `on`, `failed`. */
export function apisFrom(name: string | null): ApisOptions {
  if (name === 'failed') {
    return {
      apis: [
        makeApi('x-port-forward', { enabled: true, state: 'failed', hasKey: true, fault: taken }),
        makeApi('metrics'),
      ],
      report: { url: 'https://panel.example.net/report.php', waiting: 112, fault: badReport },
    }
  }
  if (name !== 'on') return {}
  const tls = { certificateFile: '/etc/ssl/relay/fullchain.pem', keyFile: '/etc/ssl/relay/privkey.pem' }
  return {
    apis: [
      makeApi('x-port-forward', {
        ...{ enabled: true, state: 'running', hasKey: true, exposed: true, tls },
        listen: { host: '0.0.0.0', port: 2333 },
      }),
      makeApi('metrics', { enabled: true, state: 'running' }),
    ],
    report: {
      url: 'https://panel.example.net/report.php',
      waiting: 7,
      lastSuccess: new Date(Date.now() - 9 * 60_000).toISOString(),
    },
    audit: makeAudit(60),
  }
}

export function apisHandlers(
  options: ApisOptions,
  emit: (change: { apis: readonly ApiView[]; report: ReportState }) => void,
): Record<string, (params: never) => unknown> {
  let apis = options.apis ?? [makeApi('x-port-forward'), makeApi('metrics')]
  let report: ReportState = {
    ...{ url: null, intervalSeconds: REPORT_SECONDS, waiting: 0, lastSuccess: null, fault: null },
    ...options.report,
  }
  const set = (name: string, changes: Partial<ApiView>): ApiView | undefined => {
    apis = apis.map((api) => (api.name === name ? { ...api, ...changes } : api))
    emit({ apis, report })
    return apis.find((api) => api.name === name)
  }
  const setReport = (changes: Partial<ReportState>): ReportState => {
    report = { ...report, ...changes }
    emit({ apis, report })
    return report
  }
  return {
    'apis.list': () => apis,
    'apis.enable': ({ name, listen, key, tls }: { name: string; key?: string | null } & Partial<ApiView>) =>
      set(name, {
        ...{ enabled: true, state: 'running', fault: null },
        ...(listen === undefined ? {} : { listen, exposed: !listen.host.startsWith('127.') }),
        ...(key === undefined ? {} : { hasKey: key !== null }),
        ...(tls === undefined ? {} : { tls }),
      }),
    'apis.disable': ({ name }: { name: string }) => set(name, { enabled: false, state: 'stopped', fault: null }),
    'apis.report': () => report,
    'apis.setReport': (settings: { url: string | null; intervalSeconds: number }) => setReport(settings),
    'apis.reportNow': () => setReport({ waiting: 0, fault: null, lastSuccess: new Date().toISOString() }),
    'apis.audit': ({ limit }: { limit: number }) => (options.audit ?? []).slice(0, limit),
  }
}
