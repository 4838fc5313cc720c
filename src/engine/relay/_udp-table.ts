/** The sessions of a UDP relay: by their source, and in the order in which they were used. */

/** Its own place in the order, so that a datagram moves it without allocating. */
export interface Listed {
  readonly key: string
  older: Listed | null
  newer: Listed | null
  /** The idle round in which it was used last. */
  round: number
}

export class SessionTable<T extends Listed> {
  private readonly byKey = new Map<string, T>()
  private oldestOne: Listed | null = null
  private newestOne: Listed | null = null

  get size(): number {
    return this.byKey.size
  }

  /** The least recently used. */
  get oldest(): T | null {
    return this.oldestOne as T | null
  }

  get(key: string): T | undefined {
    return this.byKey.get(key)
  }

  add(session: T): void {
    this.byKey.set(session.key, session)
    this.append(session)
  }

  remove(session: T): void {
    if (this.byKey.delete(session.key)) this.unlink(session)
  }

  /** It is the most recently used from now on. */
  used(session: T): void {
    if (this.newestOne === session) return
    this.unlink(session)
    this.append(session)
  }

  all(): T[] {
    return [...this.byKey.values()]
  }

  private append(session: Listed): void {
    session.older = this.newestOne
    session.newer = null
    if (this.newestOne === null) this.oldestOne = session
    else this.newestOne.newer = session
    this.newestOne = session
  }

  private unlink(session: Listed): void {
    const { older, newer } = session
    if (older === null) this.oldestOne = newer
    else older.newer = newer
    if (newer === null) this.newestOne = older
    else newer.older = older
    session.older = null
    session.newer = null
  }
}
