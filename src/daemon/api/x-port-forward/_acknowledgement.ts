/**
 * Holds on to "the panel took it" from the moment it was read.
 *
 * The store is written in its turn, behind whatever it is busy with. So the name of the batch goes to a file of its own first, at once
 * and onto the disk: a daemon that dies between the two finds it there, and never reports those rows again.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { XPortForwardStore } from '../../store/index'

export interface Acknowledgements {
  /** Durable when it returns, as far as the disk lets it; never throws. */
  readonly note: (batchId: string) => void
  /** Brings the store up to date. Rejects while the store does not take it; call it again before the next report. */
  readonly settle: () => Promise<void>
}

export interface AcknowledgementOptions {
  readonly store: Pick<XPortForwardStore, 'acknowledgeXReport'>
  /** The data folder. */
  readonly folder: string
  readonly now: () => number
  readonly log: (message: string) => void
}

export function createAcknowledgements({ store, folder, now, log }: AcknowledgementOptions): Acknowledgements {
  const file = join(folder, 'x-report.taken')
  let open = readNote(file)
  return {
    note: (batchId) => {
      open = batchId
      try {
        writeDurably(file, batchId)
      } catch (error) {
        log(`${file}: ${String(error)}`)
      }
    },
    settle: async () => {
      if (open === null) return
      await store.acknowledgeXReport(open, now())
      rmSync(file, { force: true })
      open = null
    },
  }
}

// --- internal ---

const PRIVATE_FILE = 0o600

function readNote(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // None was left: the usual case.
    return null
  }
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'w', PRIVATE_FILE)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
