/** The ssh config: what it means, and what may run because of it. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, 'config.resolve' | 'config.allowCommand'>

export function configHandlers({ sshConfig, inTurn }: Services): Part {
  return {
    'config.resolve': (request, { signal }) => sshConfig.resolve(request, signal),
    'config.allowCommand': async (asked) => {
      await inTurn(() => sshConfig.allow(asked))
      return null
    },
  }
}
