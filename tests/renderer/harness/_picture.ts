/** What the picture in the README shows: a day's work of somebody, with a team, beside the demo. */
import type { CloudRun } from '@shared/cloud-views'
import type { RelayView } from '@shared/relay-snapshots'
import type { ForwardView } from '@shared/snapshots'
import { makeFault, makeForward } from './_data'
import { makeRelay } from './_relays'
import { makeShared } from './_sharing'

const MB = 1024 * 1024
const HOUR_MS = 3_600_000
const team = { activeElsewhere: true }

export function pictureForwards(): readonly ForwardView[] {
  return [
    makeShared('orders-db', team, {
      ...{ state: 'running', minutes: 194, connections: 2 },
      spec: { tags: ['staging'], favourite: true, remoteHost: 'db', description: 'Orders, read only' },
    }),
    makeShared(
      'grafana',
      {},
      {
        ...{ state: 'running', minutes: 194, connections: 1 },
        spec: { tags: ['staging'], localPort: 3000, remoteHost: 'grafana', remotePort: 3000 },
      },
    ),
    makeForward('reports', {
      ...{ state: 'waiting', reason: makeFault({ message: 'build:22 refused the connection.' }) },
      via: ['bastion', 'build'],
      spec: { tags: ['staging'], serverId: 'server-build', localPort: 8080, remoteHost: 'localhost', remotePort: 8080 },
    }),
    makeForward('webhook', {
      ...{ state: 'running', minutes: 52, via: ['edge'] },
      spec: {
        ...{ type: 'remote', serverId: 'server-edge', tags: ['ops'] },
        ...{ remoteHost: 'localhost', remotePort: 8000, localPort: 3001 },
      },
    }),
    makeForward('metrics', {
      state: 'failed',
      reason: makeFault({
        code: 'port.in-use',
        message: 'Port 9090 is held by prometheus, pid 812.',
        fix: 'Use another port.',
        field: 'localPort',
        remedy: { action: 'use-port', port: 9091 },
      }),
      spec: { tags: ['ops'], localPort: 9090, remoteHost: 'metrics', remotePort: 9090 },
    }),
    makeForward('demo web page', {
      ...{ state: 'running', minutes: 8, connections: 1, via: ['demo'] },
      spec: { tags: ['demo'], localPort: 8081, remoteHost: 'web.demo', remotePort: 80 },
    }),
    makeForward('demo SOCKS proxy', {
      ...{ state: 'running', minutes: 8, via: ['demo'] },
      spec: {
        ...{ type: 'dynamic', tags: ['demo'], bindPort: 1080 },
        ...{ localPort: null, remoteHost: null, remotePort: null },
      },
    }),
  ]
}

export function pictureRelays(): readonly RelayView[] {
  return [
    makeRelay('storefront', {
      ...{ state: 'running', minutes: 2940, connections: 37, reachable: [true, true] },
      spec: {
        tags: ['public'],
        ...{ listenHost: '*', listenPort: 8443, balance: 'round-robin' },
        targets: [
          { host: 'web-1.internal', port: 443 },
          { host: 'web-2.internal', port: 443 },
        ],
        limits: { maxConnections: 500, perRule: { up: 2 * MB, down: 20 * MB } },
      },
    }),
    makeRelay('dns', {
      ...{ state: 'running', minutes: 2940, connections: 4, reachable: [true] },
      spec: { protocol: 'udp', listenPort: 5353, targets: [{ host: '192.0.2.53', port: 53 }] },
    }),
  ]
}

export const pictureRuns: readonly CloudRun[] = [
  {
    ...{ deviceId: 'device-1', deviceName: 'laptop', user: 'ada@example.net', isThisDevice: true },
    since: new Date(Date.now() - 3 * HOUR_MS).toISOString(),
  },
  {
    ...{ deviceId: 'device-2', deviceName: 'workshop', user: 'bob@example.net', isThisDevice: false },
    since: new Date(Date.now() - HOUR_MS).toISOString(),
  },
]
