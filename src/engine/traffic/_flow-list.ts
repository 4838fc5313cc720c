/** A queue of flows without a node of its own for each: coming and going allocate nothing. */
import type { LimitedFlow } from './_flow'

export class FlowList {
  size = 0
  private head: LimitedFlow | null = null
  private tail: LimitedFlow | null = null

  /** The others are its `next`. */
  get first(): LimitedFlow | null {
    return this.head
  }

  push(flow: LimitedFlow): void {
    flow.list = this
    flow.previous = this.tail
    flow.next = null
    if (this.tail === null) this.head = flow
    else this.tail.next = flow
    this.tail = flow
    this.size += 1
  }

  shift(): LimitedFlow | null {
    const { head } = this
    if (head !== null) this.remove(head)
    return head
  }

  remove(flow: LimitedFlow): void {
    if (flow.list !== this) return
    if (flow.previous === null) this.head = flow.next
    else flow.previous.next = flow.next
    if (flow.next === null) this.tail = flow.previous
    else flow.next.previous = flow.previous
    flow.list = null
    flow.next = null
    flow.previous = null
    this.size -= 1
  }

  /** Puts all of `other` before the first of this one. */
  prepend(other: FlowList): void {
    for (let last = other.tail; last !== null; last = other.tail) {
      other.remove(last)
      this.unshift(last)
    }
  }

  private unshift(flow: LimitedFlow): void {
    flow.list = this
    flow.previous = null
    flow.next = this.head
    if (this.head === null) this.tail = flow
    else this.head.previous = flow
    this.head = flow
    this.size += 1
  }
}
