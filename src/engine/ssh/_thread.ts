/**
 * Work that keeps a processor busy for up to some seconds, as deriving a key from a passphrase is meant to do: in a thread
 * of its own, because every forward lives on the main one.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

const { resolve } = createRequire(import.meta.url)

export interface ThreadWork {
  /** The body of an async function of `data` and `library`, as CommonJS. */
  readonly source: string
  /** A package that it needs. */
  readonly library: 'ssh2' | 'hash-wasm'
  readonly data: Readonly<Record<string, unknown>>
}

/** What the work returned, which nobody has checked. Rejects with what it threw. */
export function inThread({ source, library, data }: ThreadWork): Promise<unknown> {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    const work = async (data, library) => { ${source} }
    work(workerData.data, require(workerData.library)).then((result) => parentPort.postMessage(result))`
  return new Promise((done, fail) => {
    const worker = new Worker(program, { eval: true, workerData: { library: resolve(library), data } })
    let result: unknown
    worker.once('message', (value: unknown) => {
      result = value
    })
    worker.once('error', fail)
    worker.once('exit', () => {
      done(result)
    })
  })
}
