/** What moved: usage, hours and days, ended connections. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, 'traffic.usage' | 'traffic.rows' | 'traffic.history'>

export function trafficHandlers({ books }: Pick<Services, 'books'>): Part {
  return {
    'traffic.usage': ({ ids }) => ids.map((id) => books.usage(id)),
    'traffic.rows': (query) => books.rows(query),
    'traffic.history': (query) => books.history(query),
  }
}
