/** Machines that sign in to one cloud server: daemons inside the test process, each with its own folder and a fake engine. */
import { isDeepStrictEqual } from 'node:util'
import type { DaemonClient } from '@daemon/client'
import type { CloudConflict, CloudView } from '@shared/cloud-views'
import type { ForwardView } from '@shared/snapshots'
import type { ForwardDraft } from '@shared/specs'
import { localDraft, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

export const PASSWORD = 'secret123'

export interface Machine {
  readonly client: DaemonClient
  readonly daemon: () => TestDaemon
  readonly home: string
  readonly login: (email: string, more?: { adopt?: boolean; url?: string }) => Promise<CloudView>
  /** A local forward of its own server. */
  readonly addForward: (name: string, more?: Partial<ForwardDraft>) => Promise<ForwardView>
  readonly forward: (name: string) => Promise<ForwardView | undefined>
  /** Resolves when what the machine shows is so; looked at whenever something changed. */
  readonly until: (what: string, isSo: (world: Shown) => boolean) => Promise<Shown>
  readonly sync: () => Promise<CloudView>
  readonly close: () => Promise<void>
}

export interface Shown {
  readonly cloud: CloudView
  readonly conflicts: readonly CloudConflict[]
  readonly forwards: readonly ForwardView[]
  readonly named: (name: string) => ForwardView | undefined
}

export async function startMachine(url: string, from?: { home: string }): Promise<Machine> {
  const place = from === undefined ? temporaryHome() : { home: from.home, remove: () => undefined }
  const daemon = await startTestDaemon({ home: place.home })
  const client = await daemon.connect()
  await client.call('events.subscribe', { topics: ['cloud', 'forwards', 'activity'], forwardId: null })
  const read = async (): Promise<Omit<Shown, 'named'>> => ({
    forwards: await client.call('forwards.list', {}),
    cloud: await client.call('cloud.status', {}),
    conflicts: await client.call('cloud.conflicts', {}),
  })
  // Three answers are of three moments: of one when they are the same twice.
  const show = async (): Promise<Shown> => {
    let before = await read()
    for (;;) {
      const now = await read()
      if (isDeepStrictEqual(now, before)) {
        return { ...now, named: (name) => now.forwards.find(({ spec }) => spec.name === name) }
      }
      before = now
    }
  }
  return {
    ...{ client, home: place.home, daemon: () => daemon },
    login: (email, more = {}) =>
      client.call('cloud.login', {
        url,
        email,
        password: PASSWORD,
        keep: 'file',
        insecure: false,
        adopt: false,
        ...more,
      }),
    addForward: async (name, more = {}) => {
      const servers = await client.call('servers.list', {})
      const server = servers[0] ?? (await client.call('servers.add', serverDraft()))
      return client.call('forwards.add', localDraft(server.id, name, { localPort: 0, ...more }))
    },
    forward: async (name) => (await show()).named(name),
    until: async (what, isSo) => {
      for (;;) {
        const news = nextNews(client)
        const shown = await show()
        if (isSo(shown)) {
          news.forget()
          return shown
        }
        await news.heard.catch((error: unknown) => {
          throw new Error(`it did not come to be that ${what}`, { cause: error })
        })
      }
    },
    sync: () => client.call('cloud.sync', {}),
    close: async () => {
      await daemon.daemon.stop({ keepWanted: false })
      place.remove()
    },
  }
}

function nextNews(client: DaemonClient): { readonly heard: Promise<void>; readonly forget: () => void } {
  const stops: (() => void)[] = []
  const forget = (): void => {
    for (const stop of stops) stop()
  }
  const heard = new Promise<void>((resolve, reject) => {
    const done = (): void => {
      forget()
      resolve()
    }
    stops.push(client.on('cloud.changed', done), client.on('forwards.changed', done))
    void client.closed.then(() => reject(new Error('the daemon is gone')))
  })
  heard.catch(() => undefined)
  return { heard, forget }
}
