/** The world as the engine sees it. */
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Clock, EnginePorts } from '@engine'
import type { Catalog } from './catalog'
import type { Logs } from './logs'
import type { Needs } from './needs'
import type { Secrets } from './secrets'
import type { TrustedKeys } from './trusted-keys'

export interface EnginePortsOptions {
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly catalog: Catalog
  readonly needs: Needs
  readonly secrets: Secrets
  readonly logs: Logs
  readonly trusted: TrustedKeys
  /** How servers are dialled now, with their ssh config. */
  readonly plan: EnginePorts['plan']
  /** Forwards that are neither stopped nor failed. */
  readonly active: () => ReadonlySet<string>
}

export function createEnginePorts(options: EnginePortsOptions): EnginePorts {
  const { env, catalog, logs, needs, secrets, trusted } = options
  return {
    ssh: {
      pins: { find: trusted.find, all: trusted.all, add: trusted.add, remove: trusted.drop },
      secrets: {
        ...{ get: secrets.get, accepted: secrets.accepted, refused: secrets.refused, sharedKey: secrets.sharedKey },
      },
      // What a session says belongs to every forward that goes over it.
      log: (serverId, entry) => {
        const active = options.active()
        for (const { spec } of catalog.dependents(serverId)) if (active.has(spec.id)) logs.add(spec.id, entry)
      },
      environment: engineEnvironment(env),
    },
    raiseNeed: (question, raise) => needs.raise(question, raise),
    log: (ownerId, entry) => {
      if (catalog.hasOwner(ownerId)) logs.add(ownerId, entry)
    },
    route: (serverId) => catalog.route(serverId),
    plan: options.plan,
    clock: options.clock,
    random: Math.random,
  }
}

export const systemClock: Clock = {
  now: Date.now,
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

/** The person and their files, as ssh sees them. */
export function engineEnvironment(env: NodeJS.ProcessEnv): EnginePorts['ssh']['environment'] {
  const home = env['HOME'] ?? homedir()
  const agent = env['SSH_AUTH_SOCK']
  const system = process.platform === 'win32' ? join(env['ProgramData'] ?? 'C:\\ProgramData', 'ssh') : '/etc/ssh'
  return {
    homeDir: home,
    username: userInfo().username,
    agentSocket: agent === undefined || agent === '' ? null : agent,
    variable: (name) => env[name],
    knownHostsFiles: ['known_hosts', 'known_hosts2'].map((name) => join(home, '.ssh', name)),
    globalKnownHostsFiles: ['ssh_known_hosts', 'ssh_known_hosts2'].map((name) => join(system, name)),
  }
}
