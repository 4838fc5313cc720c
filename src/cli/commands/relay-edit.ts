/** What `warren relay edit` does. */
import { describeRelay, relaySentence } from '@shared/relay-sentence'
import { relayPatchSchema, type RelayPatch } from '@shared/relays'
import { checked } from '../checked'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { findRelay, publicRelay } from '../owners'
import { printable } from '../table'
import { usageError } from '../usage'
import { hasLimitOptions, readLimits } from './_limit-options'
import { readListen, readRelayOptions, readTargets, type RelayOptions } from './_relay-options'

export interface RelayEditOptions extends RelayOptions {
  readonly listen?: string
  readonly target?: readonly string[]
  readonly rename?: string
}

export async function relayEdit(context: Context, name: string, options: RelayEditOptions): Promise<number> {
  if (Object.values(options).every((value) => value === undefined)) {
    throw usageError('Say what to change: `warren help relay edit` lists what can be.')
  }
  const listen = options.listen === undefined ? undefined : readListen(options.listen)
  const rest = readRelayOptions(options)
  const client = await context.daemon()
  const { spec } = await findRelay(client, name)
  const patch: RelayPatch = {
    ...rest,
    ...listen,
    ...(options.target === undefined
      ? {}
      : { targets: readTargets(options.target, listen?.portCount ?? spec.portCount) }),
    ...(options.rename === undefined ? {} : { name: options.rename }),
    ...(hasLimitOptions(options) ? { limits: readLimits(options, spec.limits) } : {}),
  }
  const view = await client.call('relays.update', { id: spec.id, patch: checked(relayPatchSchema, patch) })
  const { snapshot } = view
  if (context.json) context.document(publicRelay(snapshot))
  else {
    const sentence = relaySentence(describeRelay(view.spec, snapshot))
    context.terminal.out(`Changed ${printable(view.spec.name)}: ${printable(sentence)}\n`)
  }
  return DONE
}
