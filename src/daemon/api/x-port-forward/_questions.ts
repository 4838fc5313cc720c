/** The actions that only ask. */
import { fail, succeed, type Answer } from './_answers'
import type { Desk } from './_desk'
import { kilobytes, rfc3339, shownLimits, unixSeconds } from './_numbers'
import type { Parameters } from './_parameters'

export async function forwardInfos(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(15)
  const record = desk.find(name)
  if (record === null) return fail(16)
  const { spec, wanted } = record
  const books = await desk.services.store.xForward(spec.id)
  const stored = { maxConnections: books?.storedMaxConnections ?? 0, rateKb: books?.storedRateKb ?? 0 }
  const shown = shownLimits(spec.protocol, spec.limits, stored)
  const [target] = spec.targets
  const info = {
    ForwardType: spec.protocol,
    ListenIP: spec.listenHost,
    ListenPort: spec.listenPort,
    MaxConnNum: shown.maxConnections,
    ProxyIP: target?.host ?? '',
    ProxyPort: target?.port ?? 0,
    RateLimit: shown.rateKb,
    UsedBandwidth: kilobytes(books?.used ?? 0),
  }
  // The document has the fields beside `Status`, the original within `Info`: panels find them at both.
  return succeed(17, { ...info, Info: { ...info, Status: wanted ? 'ok' : 'stop' } })
}

export async function trafficLogs(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(18)
  const record = desk.find(name)
  if (record === null) return fail(19)
  const logs = await desk.services.store.xTrafficLogs(record.spec.id, { waiting: parameters.flag('un_report_log') })
  const rows = logs.map((log) => ({
    ID: log.id,
    ForwardName: log.forwardName,
    HourUsedBandwidth: kilobytes(log.bytes),
    HourTime: rfc3339(log.hourTime),
    ReportStatus: log.reportStatus,
    CreatedAt: rfc3339(log.createdAt),
    UpdatedAt: rfc3339(log.updatedAt),
  }))
  return succeed(20, { Info: rows })
}

/** The version and the author are part of the interface: panels look at them. */
export function serverInfo({ services }: Desk): Answer {
  return succeed(30, { Author: 'Flyqie', ServerTime: unixSeconds(services.now()), SoftVersion: '1.2' })
}

/** `Pstopped`: nobody asked it to run, or nobody knows it. `stopped`: it should run and does not. */
export function proxyStatus(desk: Desk, parameters: Parameters): Answer {
  const name = parameters.text('forwardname')
  if (name.trim() === '') return fail(33)
  const record = desk.find(name)
  const status = record?.wanted !== true ? 'Pstopped' : desk.isRunning(record.spec.id) ? 'running' : 'stopped'
  return succeed(34, { ForwardStatus: status })
}
