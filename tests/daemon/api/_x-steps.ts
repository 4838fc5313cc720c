/** Every action of the X Port Forward API with every code that it can answer. */
import { expect } from 'vitest'
import { SIGN, targetOf, type EngineFaults, type XDaemon } from './_x-daemon'
import { done, refused, unsynced, type XTools } from './_x-tools'

export interface Step {
  /** Why this code, in words. */
  readonly because: string
  readonly action: string
  readonly data?: Readonly<Record<string, unknown>> | string | (() => Promise<object>)
  /** Sent as it is, instead of a signed call. */
  readonly target?: string
  readonly before?: () => unknown
  readonly faults?: EngineFaults
  readonly answer: unknown
}

/** In the order in which they must be made: each finds what the ones before left. */
export function xSteps(world: () => XDaemon, tools: XTools): readonly Step[] {
  const missing = { other: 1 }
  const unknown = { forwardname: 'nobody' }
  const web = { forwardname: 'web' }
  const databaseFails = expect.stringMatching(/Database Error: ./) as string

  const forwardOn = async (name: string, other: string, more: object): Promise<object> => ({
    ...(await tools.forward(name, more)),
    listenport: (await tools.infos(other))['ListenPort'],
  })
  return [
    ...[
      {
        because: 'the signature is wrong',
        action: 'server_info',
        target: targetOf('server_info', undefined, SIGN.toUpperCase()),
        answer: { code: 403, message: 'Auth Error', data: '' },
      },
      {
        because: 'no action is named',
        action: '',
        target: `/?sign=${SIGN}`,
        answer: { code: 403, message: 'Action cannot be empty', data: '' },
      },
      {
        because: 'there is no such action',
        action: 'Server_Info',
        answer: { code: 403, message: 'Action Not Found', data: '' },
      },
      {
        because: 'an action with parameters gets none',
        action: 'add_forward',
        data: '{}',
        answer: { code: 500, message: 'The number of params is not adapted.', data: '' },
      },
      {
        because: 'an action without parameters gets some',
        action: 'server_info',
        data: missing,
        answer: { code: 500, message: 'The number of params is not adapted.', data: '' },
      },
    ],
    ...[
      { because: 'another type, before anything else', action: 'add_forward', data: { forwardtype: 'TCP' } },
      { because: 'no type', action: 'add_forward', data: missing },
    ].map((step) => ({ ...step, answer: refused(1, 'Unknow Forward Type') })),
    ...[
      { because: 'something is missing', action: 'add_forward', data: { ...web, forwardtype: 'tcp' } },
      {
        because: 'a port is none',
        action: 'add_forward',
        data: () => tools.forward('web', { proxyport: 70_000 }),
      },
    ].map((step) => ({ ...step, answer: refused(2, 'Incomplete parameters') })),
    {
      because: 'the store does not take it',
      action: 'add_forward',
      before: () => tools.breakTable('relays', 'insert'),
      data: () => tools.forward('web'),
      answer: refused(3, databaseFails),
    },
    {
      because: 'its books are not taken; nothing of it is left',
      action: 'add_forward',
      before: () => tools.breakTable('x_forwards', 'insert'),
      data: () => tools.forward('web'),
      answer: refused(3, databaseFails),
    },
    { because: 'all is well', action: 'add_forward', data: () => tools.forward('web'), answer: done },
    {
      because: 'there is one of that name',
      action: 'add_forward',
      data: () => tools.forward('WEB'),
      answer: refused(27, 'Forward Found'),
    },
    {
      because: 'another relay listens there, be it UDP',
      action: 'add_forward',
      data: () => forwardOn('web2', 'web', { forwardtype: 'udp' }),
      answer: refused(28, 'Listen Port Exist'),
    },
    {
      because: 'the engine does not follow',
      action: 'add_forward',
      faults: { start: 'fails' },
      data: () => tools.forward('late'),
      answer: unsynced,
    },
    { because: 'a reload repairs it', action: 'reload_forward', data: { forwardname: 'late' }, answer: done },
    {
      because: 'no name',
      action: 'edit_forward',
      data: missing,
      answer: refused(4, 'Incomplete parameters'),
    },
    {
      because: 'a port is none',
      action: 'edit_forward',
      data: { ...web, listenport: -1 },
      answer: refused(4, 'Incomplete parameters'),
    },
    { because: 'nobody has that name', action: 'edit_forward', data: unknown, answer: refused(5, 'Forward Not Found') },
    {
      because: 'another relay listens there, before the type is looked at',
      action: 'edit_forward',
      data: async () => ({ ...web, listenport: (await tools.infos('late'))['ListenPort'], forwardtype: 'sctp' }),
      answer: refused(29, 'Listen Port Exist'),
    },
    {
      because: 'another type',
      action: 'edit_forward',
      data: { ...web, forwardtype: 'sctp' },
      answer: refused(6, 'Unknow Forward Type'),
    },
    {
      because: 'the store does not take it',
      action: 'edit_forward',
      before: () => tools.breakTable('relays', 'update'),
      data: { ...web, ratelimit: 5 },
      answer: refused(7, databaseFails),
    },
    {
      because: 'the engine does not follow',
      action: 'edit_forward',
      faults: { stop: 'fails' },
      data: { ...web, proxyport: 10 },
      answer: unsynced,
    },
    {
      because: 'its own port again is no collision',
      action: 'edit_forward',
      data: async () => ({ ...web, listenport: (await tools.infos('web'))['ListenPort'], ratelimit: 7 }),
      answer: done,
    },
    {
      because: 'no name',
      action: 'change_status_forward',
      data: { status: 'ok' },
      answer: refused(11, 'Incomplete parameters'),
    },
    {
      because: 'nobody has that name',
      action: 'change_status_forward',
      data: { ...unknown, status: 'ok' },
      answer: refused(12, 'Forward Not Found'),
    },
    {
      because: 'another status, or none',
      action: 'change_status_forward',
      data: { ...web, status: 'OK' },
      answer: refused(13, 'Status Not Allow'),
    },
    {
      because: 'the store does not take it',
      action: 'change_status_forward',
      before: () => tools.breakTable('relays', 'update'),
      data: { ...web, status: 'stop' },
      answer: refused(14, databaseFails),
    },
    {
      because: 'the engine did not follow within six seconds',
      action: 'change_status_forward',
      faults: { stop: 'hangs' },
      data: { ...web, status: 'stop' },
      answer: unsynced,
    },
    { because: 'all is well', action: 'change_status_forward', data: { ...web, status: 'stop' }, answer: done },
    { because: 'all is well', action: 'change_status_forward', data: { ...web, status: 'ok' }, answer: done },
    { because: 'no name', action: 'get_forward_infos', data: missing, answer: refused(15, 'Incomplete parameters') },
    {
      because: 'nobody has that name',
      action: 'get_forward_infos',
      data: unknown,
      answer: refused(16, 'Forward Not Found'),
    },
    {
      because: 'all is well',
      action: 'get_forward_infos',
      data: web,
      answer: like({ data: like({ Code: 17, Status: 'Success' }) }),
    },
    {
      because: 'no name',
      action: 'get_forward_traffic_logs',
      data: missing,
      answer: refused(18, 'Incomplete parameters'),
    },
    {
      because: 'nobody has that name',
      action: 'get_forward_traffic_logs',
      data: unknown,
      answer: refused(19, 'Forward Not Found'),
    },
    {
      because: 'all is well',
      action: 'get_forward_traffic_logs',
      data: { forwardname: 'late', un_report_log: true },
      answer: {
        code: 200,
        message: 'Success',
        data: { Code: 20, Info: anyOf(Array), Message: 'Success', Status: 'Success' },
      },
    },
    {
      because: 'the store cannot be read',
      action: 'get_forward_traffic_logs',
      before: () => world().sql('alter table x_traffic_logs rename to x_hidden'),
      data: web,
      answer: { code: 500, message: 'Module call failed.', data: '' },
    },
    {
      because: 'no name',
      action: 'reset_forward_bandwidth',
      before: () => world().sql('alter table x_hidden rename to x_traffic_logs'),
      data: missing,
      answer: refused(21, 'Incomplete parameters'),
    },
    {
      because: 'nobody has that name',
      action: 'reset_forward_bandwidth',
      data: unknown,
      answer: refused(22, 'Forward Not Found'),
    },
    {
      because: 'the store does not take it',
      action: 'reset_forward_bandwidth',
      before: () => tools.breakTable('x_forwards', 'update'),
      data: web,
      answer: refused(23, databaseFails),
    },
    {
      because: 'all is well',
      action: 'reset_forward_bandwidth',
      data: web,
      answer: { code: 200, message: 'Success', data: { Code: 24, Message: 'Success', Status: 'Success' } },
    },
    { because: 'no name', action: 'reload_forward', data: missing, answer: refused(25, 'Incomplete parameters') },
    {
      because: 'nobody has that name',
      action: 'reload_forward',
      data: unknown,
      answer: refused(26, 'Forward Not Found'),
    },
    {
      because: 'the engine does not follow',
      action: 'reload_forward',
      faults: { stop: 'fails' },
      data: web,
      answer: unsynced,
    },
    { because: 'all is well', action: 'reload_forward', data: web, answer: done },
    {
      because: 'all is well',
      action: 'server_info',
      answer: {
        code: 200,
        message: 'Success',
        data: {
          ...{ Author: 'Flyqie', Code: 30, Message: 'Success', ServerTime: anyOf(Number) },
          ...{ SoftVersion: '1.2', Status: 'Success' },
        },
      },
    },
    { because: 'no name', action: 'forward_proxy_status', data: missing, answer: refused(33, 'Incomplete parameters') },
    {
      because: 'all is well',
      action: 'forward_proxy_status',
      data: web,
      answer: {
        code: 200,
        message: 'Success',
        data: { Code: 34, ForwardStatus: 'running', Message: 'Success', Status: 'Success' },
      },
    },
    { because: 'no name', action: 'del_forward', data: missing, answer: refused(8, 'Incomplete parameters') },
    { because: 'nobody has that name', action: 'del_forward', data: unknown, answer: refused(9, 'Forward Not Found') },
    {
      because: 'the store does not take it',
      action: 'del_forward',
      before: () => tools.breakTable('x_traffic_logs', 'delete'),
      data: web,
      answer: refused(10, databaseFails),
    },
    {
      because: 'the engine does not follow',
      action: 'del_forward',
      faults: { remove: 'fails' },
      data: web,
      answer: { ...unsynced, data: { ...unsynced.data, Data: like({ ForwardName: 'web' }) } },
    },
    { because: 'no name', action: 'forward_del_sync', data: missing, answer: refused(31, 'Incomplete parameters') },
    {
      because: 'it is there still',
      action: 'forward_del_sync',
      data: { forwardname: 'late' },
      answer: refused(32, 'Forward Found'),
    },
    {
      because: 'the engine still does not follow',
      action: 'forward_del_sync',
      faults: { remove: 'fails' },
      data: web,
      answer: unsynced,
    },
    { because: 'all is well', action: 'forward_del_sync', data: web, answer: done },
    { because: 'a name that nobody knows is in step', action: 'forward_del_sync', data: unknown, answer: done },
    {
      because: 'all is well',
      action: 'del_forward',
      data: { forwardname: 'late' },
      answer: {
        code: 200,
        message: 'Success',
        data: {
          Data: {
            ...{ DownloadBandwidth: 0, ForwardName: 'late', HourTrafficBandwidth: 0, TrafficAll: 0 },
            UploadBandwidth: 0,
          },
          Status: 'Success',
        },
      },
    },
  ]
}

const like = (fields: object): unknown => expect.objectContaining(fields)
const anyOf = (type: unknown): unknown => expect.any(type)
