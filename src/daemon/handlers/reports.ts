/** The traffic report of the X Port Forward API. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, 'apis.report' | 'apis.setReport' | 'apis.reportNow'>

export function reportHandlers({ report }: Services): Part {
  return {
    'apis.report': () => report.look(),
    'apis.setReport': (settings) => report.set(settings),
    'apis.reportNow': () => report.now(),
  }
}
