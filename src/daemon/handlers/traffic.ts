/** What moved: usage, hours and days, ended connections. */
import type { Handlers } from '../rpc/peer'
import type { Usage } from '@shared/traffic'
import type { Services } from '../services'

type Part = Pick<Handlers, 'traffic.usage' | 'traffic.rows' | 'traffic.history'>

export function trafficHandlers(services: Pick<Services, 'books' | 'catalog' | 'engine'>): Part {
  const { books, catalog } = services
  return {
    'traffic.usage': ({ ids }) => ids.map((id) => (catalog.isAdHoc(id) ? adHocUsage(services, id) : books.usage(id))),
    'traffic.rows': (query) => books.rows(query),
    'traffic.history': (query) => books.history(query),
  }
}

/** Of one that is not saved no books are kept: it has what it moved since its client started it. */
function adHocUsage({ engine }: Pick<Services, 'engine'>, id: string): Usage {
  const { bytesUp: up, bytesDown: down, totalConnections: connections } = engine.snapshot(id)
  const moved = { up, down }
  return { id, today: moved, month: moved, ever: moved, connections, quota: null }
}
