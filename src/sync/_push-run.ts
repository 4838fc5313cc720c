/** That a forward runs here, or runs no more. */
import type { Context } from './_context'
import { CloudError } from './client'
import type { OutboxEntry } from './types'

export type RunEntry = Extract<OutboxEntry, { readonly kind: 'run' }>

/** What the server does not take of it is not worth a person's time: it says what is, and changes nothing. */
const LET_GO: readonly string[] = ['cloud.not-found', 'cloud.no-extension', 'cloud.forbidden', 'cloud.refused']

/** Throws `cloud.*` when the server cannot be asked. */
export async function runOne({ client, replica }: Context, entry: RunEntry): Promise<void> {
  const id = await replica.transact((state) => {
    const mine = state.byForward(entry.forwardId)
    const isOver = mine === null || mine.binding.namespace !== entry.namespace || mine.binding.refused !== null
    const cloudId = mine?.binding.cloudId ?? null
    // One that the server is still to get is told afterwards.
    return { changes: isOver && cloudId === null ? { done: [entry.seq] } : {}, result: cloudId }
  })
  if (id === null) return
  const isActive = await tell()
  await replica.transact((state) => {
    const mine = state.byForward(entry.forwardId)
    const activeElsewhere = !entry.running && isActive
    const bindings =
      mine === null || mine.binding.activeElsewhere === activeElsewhere ? [] : [{ ...mine.binding, activeElsewhere }]
    return { changes: { done: [entry.seq], bindings }, result: null }
  })

  async function tell(): Promise<boolean> {
    try {
      return await (entry.running ? client.start(id ?? '', entry) : client.stop(id ?? ''))
    } catch (error) {
      if (error instanceof CloudError && LET_GO.includes(error.code)) return false
      throw error
    }
  }
}
