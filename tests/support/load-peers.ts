/** Connections that always have more to send, from a process of their own, and how much of it arrived. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('_load-ends.mjs', import.meta.url))

export interface Load {
  /** At most 255. */
  readonly connections: number
  /** The target sends, not the clients. */
  readonly down: boolean
  readonly warmUpMs: number
  readonly ms: number
  /** What a sender has to send, where that is not endless; enough for the whole time. */
  readonly bytesEach?: number
}

export interface Moved {
  /** Bytes per second of all connections together. */
  readonly rate: number
  /** Bytes per second of the slowest connection ÷ the fastest. */
  readonly fairness: number
  /** Bytes per second of each. */
  readonly rates: readonly number[]
}

export interface LoadPeers {
  /** Where the target listens. */
  readonly target: number
  /** Opens connections to `port`, which leads to the target; counts where the bytes arrive. */
  readonly measure: (port: number, load: Load) => Promise<Moved>
  readonly stop: () => Promise<void>
}

export async function startLoadPeers(): Promise<LoadPeers> {
  const child = fork(SCRIPT, { execArgv: [] })
  let last = 0
  const ask = (command: string, options: object): Promise<unknown> =>
    new Promise((resolve) => {
      const id = (last += 1)
      const hear = (message: unknown): void => {
        const answer = message as { id: number; result: unknown }
        if (answer.id !== id) return
        child.off('message', hear)
        resolve(answer.result)
      }
      child.on('message', hear)
      child.send({ id, command, ...options })
    })
  return {
    target: (await ask('listen', {})) as number,
    measure: async (port, load) => {
      const { seconds, moved } = (await ask('measure', { port, ...load })) as { seconds: number; moved: number[] }
      const rates = moved.map((bytes) => bytes / seconds)
      return {
        rate: rates.reduce((sum, each) => sum + each, 0),
        fairness: Math.min(...rates) / Math.max(...rates),
        rates,
      }
    },
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
