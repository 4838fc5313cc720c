/** What the tests of the X Port Forward API do to a daemon of theirs. */
import { expect } from 'vitest'
import { freePort } from '../../support/free-port'
import type { PanelAnswer, XDaemon } from './_x-daemon'

type Table = 'relays' | 'x_forwards' | 'x_traffic_logs'
const tables: readonly Table[] = ['relays', 'x_forwards', 'x_traffic_logs']

export interface XTools {
  /** Ports in the order they were asked for. */
  readonly ports: number[]
  readonly port: () => Promise<number>
  /** Parameters of a forward that can be added. */
  readonly forward: (name: string, more?: object) => Promise<Record<string, unknown>>
  readonly added: (name: string, more?: object) => Promise<Record<string, unknown>>
  readonly infos: (name: string) => Promise<Record<string, unknown>>
  /** The store refuses to write this table, as a full disk or a damaged file would. */
  readonly breakTable: (table: Table, kind: 'insert' | 'update' | 'delete') => void
  /** Takes every fault away. */
  readonly heal: () => void
}

/** `world` is asked at each use. */
export function xTools(world: () => XDaemon): XTools {
  const ports: number[] = []
  const port = async (): Promise<number> => {
    // One that was asked for and not listened on yet is still free: it would be given twice.
    for (;;) {
      const found = await freePort()
      if (ports.includes(found)) continue
      ports.push(found)
      return found
    }
  }
  const forward: XTools['forward'] = async (name, more = {}) => ({
    ...{ forwardname: name, proxyip: '127.0.0.1', proxyport: 9, listenip: '127.0.0.1', listenport: await port() },
    ...{ maxconnnum: 100, ratelimit: 0, forwardtype: 'tcp', ...more },
  })
  return {
    ports,
    port,
    forward,
    added: async (name, more) => {
      const data = await forward(name, more)
      expect(await world().call('add_forward', data)).toEqual(done)
      return data
    },
    infos: async (forwardname) => {
      const { data } = await world().call('get_forward_infos', { forwardname })
      return (data as { Info: Record<string, unknown> }).Info
    },
    breakTable: (table, kind) => {
      const name = `broken_${kind}_${table}`
      world().sql(`create trigger ${name} before ${kind} on ${table} begin select raise(fail, 'injected'); end`)
    },
    heal: () => {
      for (const fault of ['start', 'stop', 'remove'] as const) Reflect.deleteProperty(world().faults, fault)
      for (const table of tables) {
        for (const kind of ['insert', 'update', 'delete']) world().sql(`drop trigger if exists broken_${kind}_${table}`)
      }
    },
  }
}

export const done: PanelAnswer = { code: 200, message: 'Success', data: { Status: 'Success' } }
export const refused = (Code: number, Message: string): PanelAnswer => ({
  code: 200,
  message: 'Success',
  data: { Code, Message, Status: 'error' },
})
export const unsynced = {
  code: 200,
  message: 'Sync Error',
  data: {
    ...{ Code: 0, Status: 'error' },
    message: 'Sync Error: Time out to channel add data,Please Manual Reload This Forward',
  },
}
