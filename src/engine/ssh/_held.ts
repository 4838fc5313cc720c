/** What came from the server and may not go to the client yet, because a limit says so. */
import type { Flow, Waiter } from '../traffic'
import { view } from './_slabs'

export class Held implements Waiter {
  /** Bytes. The server sends no more than its window: credit is given only for what was passed on. */
  size = 0
  private chunks: Buffer[] = []

  constructor(
    private readonly pass: (data: Buffer) => void,
    /** Its turn has come. */
    readonly granted: () => void,
  ) {}

  /** `data` must not change any more. */
  push(data: Buffer): void {
    this.chunks.push(data)
    this.size += data.length
  }

  /** Passes on what the flow lets pass, and waits for the rest. `null`: nothing bounds it any more. */
  release(flow: Flow | null): void {
    let may = flow === null ? this.size : flow.take(this.size)
    this.size -= may
    let passed = 0
    for (; may > 0; passed += 1) {
      const chunk = this.chunks[passed]
      if (chunk === undefined) break
      if (chunk.length > may) {
        this.pass(view(chunk, 0, may))
        this.chunks[passed] = view(chunk, may, chunk.length - may)
        break
      }
      may -= chunk.length
      this.pass(chunk)
    }
    if (passed > 0) this.chunks.splice(0, passed)
    if (this.size > 0) flow?.await(this)
  }

  drop(): void {
    this.chunks = []
    this.size = 0
  }
}
