/** What `warren relay add` does. */
import { noLimits } from '@shared/limits'
import { describeRelay, relaySentence } from '@shared/relay-sentence'
import { relayDraftSchema, type RelayProtocol } from '@shared/relays'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { publicRelay } from '../owners'
import { printable } from '../table'
import { usageError } from '../usage'
import { readLimits } from './_limit-options'
import { readListen, readRelayOptions, readTargets, type RelayOptions } from './_relay-options'

export interface RelayAdd extends RelayOptions {
  readonly name: string
  readonly protocol: string
  readonly listen: string
  readonly targets: readonly string[]
}

export async function relayAdd(context: Context, what: RelayAdd): Promise<number> {
  const ends = readListen(what.listen)
  const draft = checked(relayDraftSchema, {
    ...readRelayOptions(what),
    ...ends,
    name: what.name,
    protocol: readProtocol(what.protocol),
    targets: readTargets(what.targets, ends.portCount),
    limits: readLimits(what, noLimits),
  })
  const client = await context.daemon()
  const { spec, snapshot } = await client.call('relays.add', draft)
  if (context.json) context.document(publicRelay(snapshot))
  else
    context.terminal.out(`Added ${printable(spec.name)}: ${printable(relaySentence(describeRelay(spec, snapshot)))}\n`)
  return DONE
}

function readProtocol(text: string): RelayProtocol {
  if (text === 'tcp' || text === 'udp') return text
  throw usageError(`A relay is of type tcp or udp, not "${text}".`, 'warren relay add NAME tcp LISTEN TARGET')
}
