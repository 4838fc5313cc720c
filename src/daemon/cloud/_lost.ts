/** What a person loses with a team: counted before it goes, and said in one line. */
import { plural } from '@shared/format'
import type { Catalog } from '../catalog'
import type { Book } from './book'
import type { Departures } from './types'

export interface Lost {
  readonly namespace: string
  readonly name: string
  /** Forwards that went away with it, and those of them that ran. */
  readonly forwards: number
  readonly ran: number
  /** Changes that were never sent. */
  readonly unsent: number
}

/** To be asked before anything of the namespace is taken away. */
export function lostSpace(
  namespace: string,
  { book, catalog }: { readonly book: Book; readonly catalog: Catalog },
): Lost {
  const bound = book.bindings(namespace).map(({ forwardId }) => forwardId)
  const here = bound.filter((id) => catalog.hasForward(id))
  return {
    namespace,
    name: book.space(namespace)?.name ?? 'a team',
    forwards: here.length,
    ran: here.filter((id) => catalog.forward(id).wanted).length,
    unsent: book.outbox(namespace).filter(({ kind }) => kind !== 'run').length,
  }
}

/** `deed`: of the person; without one it was done to them. */
export function lostSentence(
  { name, forwards, ran, unsent }: Lost,
  deed: ReturnType<Departures['get']> = undefined,
): string {
  const one = forwards === 1
  const gone = forwards === 0 ? '' : `; its ${plural(forwards, 'forward')} went away from this machine`
  const stopped =
    ran === 0 ? '' : one ? ', and was stopped' : `, and ${ran} of them ${ran === 1 ? 'was' : 'were'} stopped`
  const lost = unsent === 0 ? '' : ` ${plural(unsent, 'change')} of yours never reached it.`
  const what = deed === undefined ? `are no longer in ${name}` : `${deed} ${name}`
  return `You ${what}${gone}${stopped}.${lost}`
}
