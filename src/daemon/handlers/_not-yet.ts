/** What is not served yet. */
import { WarrenError } from '@shared/errors'
import type { Handlers } from '../rpc/peer'

type Part = Pick<Handlers, Extract<keyof Handlers, `traffic.${string}` | `apis.${string}`>>

export function missingHandlers(): Part {
  const missing = (): never => {
    throw new WarrenError('internal', 'This is not served yet.')
  }
  return {
    ...{ 'traffic.usage': missing, 'traffic.rows': missing, 'traffic.history': missing },
    ...{ 'apis.list': () => [], 'apis.enable': missing, 'apis.disable': missing, 'apis.audit': () => [] },
    ...{ 'apis.report': missing, 'apis.setReport': missing, 'apis.reportNow': missing },
  }
}
