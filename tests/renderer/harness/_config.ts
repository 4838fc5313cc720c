/** Hosts of an ssh config, for looking at them and for tests. */
import type { ServerConfig } from '@shared/resolved-config'
import type { ForwardView } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { makeForward, makeServer } from './_data'

const FILE = '/home/me/.ssh/config'

export const configServers: readonly ServerSpec[] = [
  makeServer('gate', { id: 'config:gate', configHost: 'gate', host: 'gate.corp.example', username: 'me' }),
  makeServer('reports', {
    ...{ id: 'config:reports', configHost: 'reports', host: '10.20.0.17', port: 2222, jump: ['config:gate'] },
  }),
]

export const configForwards: readonly ForwardView[] = [
  makeForward('reports-db-5432', {
    via: ['gate', 'reports'],
    spec: { id: 'config-forward:1', serverId: 'config:reports', configLine: 'reports LocalForward 5432 db:5432' },
  }),
]

export const reportsConfig: ServerConfig = {
  host: 'reports',
  origin: { kind: 'file', file: FILE, line: 12 },
  lines: [
    { line: 'hostname 10.20.0.17', origin: { kind: 'file', file: FILE, line: 13 } },
    { line: 'port 2222', origin: { kind: 'file', file: FILE, line: 14 } },
    { line: 'proxyjump gate', origin: { kind: 'file', file: FILE, line: 15 } },
    { line: 'localforward 5432 [db]:5432', origin: { kind: 'file', file: FILE, line: 16 } },
    { line: 'serveraliveinterval 20', origin: { kind: 'file', file: '/home/me/.ssh/config.d/all.conf', line: 2 } },
  ],
  unhonoured: [
    {
      ...{ keyword: 'forwardagent', value: 'yes', origin: { kind: 'file', file: FILE, line: 17 } },
      ...{ support: 'unsupported', reason: 'Warren opens no shell to forward into' },
    },
    {
      ...{ keyword: 'controlmaster', value: 'auto', origin: { kind: 'file', file: FILE, line: 3 } },
      ...{ support: 'harmless', reason: 'Warren shares its own sessions between forwards' },
    },
  ],
  execAsked: [{ command: 'on-vpn --quiet', file: FILE, line: 20 }],
  fault: null,
}
