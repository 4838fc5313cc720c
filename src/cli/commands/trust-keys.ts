/** What `warren trust` does. */
import { WarrenError } from '@shared/errors'
import type { TrustedKey } from '@shared/rpc'
import type { DaemonClient } from '@daemon/client'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { printable, table } from '../table'

export async function trustLs(context: Context): Promise<number> {
  const client = await context.daemon()
  const keys = await client.call('trust.list', {})
  if (context.json) {
    context.document(keys)
    return DONE
  }
  if (keys.length === 0) context.terminal.err('No key was trusted in Warren yet.\n')
  const rows = keys.map(({ host, keyType, fingerprint, addedAt }) => [
    printable(host),
    printable(keyType),
    fingerprint,
    addedAt.slice(0, 10),
  ])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

export async function trustRm(context: Context, wanted: string): Promise<number> {
  const client = await context.daemon()
  const keys = await findKeys(client, wanted)
  for (const { id } of keys) await client.call('trust.remove', { id })
  if (context.json) context.document(keys)
  else for (const key of keys) context.terminal.out(`Forgot ${describe(key)}\n`)
  return DONE
}

export async function trustWrite(context: Context, wanted: string): Promise<number> {
  const client = await context.daemon()
  const keys = await findKeys(client, wanted)
  const done = []
  for (const key of keys) done.push({ key, ...(await client.call('trust.write', { id: key.id })) })
  if (context.json) context.document(done)
  for (const { key, file, written } of context.json ? [] : done) {
    context.terminal.out(
      `${written ? 'Wrote' : `${file} already had`} ${describe(key)}${written ? ` to ${file}` : ''}\n`,
    )
  }
  return DONE
}

// --- internal ---

/** A host may have several keys; a fingerprint names one. */
async function findKeys(client: DaemonClient, wanted: string): Promise<readonly TrustedKey[]> {
  const keys = await client.call('trust.list', {})
  const found = keys.filter(({ host, fingerprint, id }) => [host, fingerprint, id].includes(wanted))
  const byHost = found.length > 0 ? found : keys.filter(({ host }) => host === wanted.toLowerCase())
  if (byHost.length > 0) return byHost
  throw new WarrenError('spec.not-found', `No key is trusted for "${wanted}".`, {
    fix: '`warren trust ls` shows the hosts and fingerprints.',
  })
}

function describe({ host, keyType, fingerprint }: TrustedKey): string {
  return `the ${printable(keyType)} key of ${printable(host)}: ${fingerprint}`
}
