/** The hosts of an ssh config as servers and forwards of one's own. */
import { randomUUID } from 'node:crypto'
import type { ConfigImport } from '@shared/resolved-config'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import type { Catalog } from '../catalog'
import { nameKey } from '../store/index'
import { isListed } from './_names'
import { forwardRows, nameGiver, serverRow } from './_rows'
import type { Survey } from './_survey'

const COPY = '-copy'

/** Makes the specs; saves nothing. A server that was taken over before is left out. */
export function importSurvey(
  survey: Survey,
  catalog: Pick<Catalog, 'servers' | 'isNameTaken'>,
  at: string,
): ConfigImport {
  const servers = catalog.servers()
  const nameOfServer = nameGiver((name) => servers.some((one) => nameKey(one.name) === nameKey(name)), COPY)
  const nameOfForward = nameGiver((name) => catalog.isNameTaken('forward', name), COPY)
  const taken = new Map<string, ServerSpec>()
  const known = new Map<string, string>()
  const forwards: ForwardSpec[] = []
  const skipped: { name: string; reason: string }[] = []
  for (const found of survey.servers) {
    const row = serverRow(found, { before: () => undefined, freeName: (name) => name, at })
    if (row === null || found.fault !== null) {
      skipped.push({
        name: found.name,
        reason: found.fault?.message ?? 'Its name or host has signs that no server can have.',
      })
      continue
    }
    const before = servers.find((one) => !isListed(one) && isCopyOf(one, row))
    if (before !== undefined) {
      known.set(found.id, before.id)
      skipped.push({ name: found.name, reason: `It is the server ${before.name} already.` })
      continue
    }
    const id = randomUUID()
    const server = { ...row, id, configHost: null, name: nameOfServer(row.name), createdAt: at, updatedAt: at }
    taken.set(found.id, server)
    known.set(found.id, id)
    for (const { spec } of forwardRows(found, server, { before: () => undefined, freeName: nameOfForward, at })) {
      forwards.push({ ...spec, id: randomUUID(), configLine: null })
    }
  }
  const withHops = [...taken.values()].map((server) => ({
    ...server,
    jump: server.jump.flatMap((hop) => known.get(hop) ?? []),
  }))
  const unhonoured = new Map(
    survey.servers.flatMap((found) => found.unhonoured.map((option) => [JSON.stringify(option), option] as const)),
  )
  return { servers: withHops, forwards, skipped, unhonoured: [...unhonoured.values()] }
}

// --- internal ---

function isCopyOf(one: ServerSpec, row: ServerSpec): boolean {
  const isNamed = nameKey(one.name) === nameKey(row.name) || nameKey(one.name) === nameKey(`${row.name}${COPY}`)
  return isNamed && one.host === row.host && one.port === row.port && one.username === row.username
}
