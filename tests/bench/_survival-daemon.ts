/** The same for the built daemon as its own process: what happens to it, not to the server. */
import type { DaemonClient } from '@daemon/client'
import { connectBuilt, endBuilt, localDraft, serverDraft } from '../support/daemon'
import { rowDiary, watchFlow, type Flow } from '../support/flow'
import { freePort } from '../support/free-port'
import { startSshd, type Sshd } from '../support/sshd'

export interface DaemonBench {
  readonly sshd: Sshd
  readonly flow: Flow
  readonly id: string
  readonly client: () => DaemonClient
  /** Connects again, as the app and the command line do by themselves. */
  readonly reconnect: () => Promise<void>
  /** What the row said up to now; its last word is asked for, since the news of it may still be on its way. */
  readonly said: () => Promise<string>
  readonly close: () => Promise<void>
}

export async function openDaemonBench(home: string): Promise<DaemonBench> {
  const sshd = await startSshd()
  const diary = rowDiary()
  let client: DaemonClient
  const reconnect = async (): Promise<void> => {
    client = await connectBuilt(home)
    client.on('forwards.changed', ({ changed }) => {
      for (const { snapshot } of changed) diary.note(snapshot)
    })
    client.on('needs.changed', ({ needs }) => {
      for (const { id, kind } of needs) {
        if (kind === 'host-key') void client.call('needs.answer', { id, answer: { kind, decision: 'trust' } })
      }
    })
    await client.call('events.subscribe', { topics: ['forwards', 'needs'] })
    for (const { snapshot } of await client.call('forwards.list', {})) diary.note(snapshot)
  }
  client = await connectBuilt(home)
  await reconnect()
  const server = await client.call(
    'servers.add',
    serverDraft('bastion', {
      host: sshd.host,
      port: sshd.port,
      username: sshd.username,
      identityFiles: [sshd.clientKey],
    }),
  )
  const localPort = await freePort()
  const draft = localDraft(server.id, 'db', { localPort, remoteHost: sshd.host, remotePort: sshd.port })
  const { spec } = await client.call('forwards.add', draft)
  await client.call('forwards.start', { ids: [spec.id] })
  await client.call('forwards.wait', { ids: [spec.id], timeoutMs: 30_000 })
  const flow = watchFlow(localPort)
  await flow.again()
  return {
    ...{ sshd, flow, reconnect, id: spec.id },
    said: async () => {
      const views = await client.call('forwards.wait', { ids: [spec.id], timeoutMs: 30_000 })
      for (const { snapshot } of views) diary.note(snapshot)
      return diary.text()
    },
    client: () => client,
    close: async () => {
      await flow.stop()
      client.close()
      await endBuilt(home)
      await sshd.stop()
    },
  }
}
