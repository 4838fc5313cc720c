/** A server's name, resolved as a connection would. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { WarrenError } from '@shared/errors'
import type { AddressFamily } from '@shared/specs'
import type { ServerPlan } from '../ssh/types'
import { ok, type Outcome } from './_recorder'

const families = { any: 0, inet: 4, inet6: 6 } as const satisfies Record<AddressFamily, number>

/** Rejects with `ssh.dns`. */
export async function resolveName({ id, host, addressFamily }: ServerPlan): Promise<Outcome> {
  if (isIP(host) !== 0) return ok(`${host} is an address`)
  try {
    const found = await lookup(host, { all: true, family: families[addressFamily] })
    return ok(`${host} is ${found.map(({ address }) => address).join(', ')}`)
  } catch (error) {
    const isPassing = (error as NodeJS.ErrnoException).code === 'EAI_AGAIN'
    throw new WarrenError('ssh.dns', `The name ${host} cannot be resolved.`, {
      fix: isPassing ? 'Is the network up?' : 'Check the spelling of the host.',
      field: 'host',
      remedy: { action: 'edit-server', serverId: id },
      cause: error,
    })
  }
}
