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
  const reached = withoutUnreached({ taken, known, skipped })
  const unhonoured = new Map(
    survey.servers.flatMap((found) => found.unhonoured.map((option) => [JSON.stringify(option), option] as const)),
  )
  const ids = new Set(reached.map(({ id }) => id))
  return {
    servers: reached,
    forwards: forwards.filter(({ serverId }) => ids.has(serverId)),
    skipped,
    unhonoured: [...unhonoured.values()],
  }
}

// --- internal ---

interface Taken {
  /** By the id of the survey. */
  readonly taken: ReadonlyMap<string, ServerSpec>
  /** The id here for one of the survey. */
  readonly known: Map<string, string>
  readonly skipped: { name: string; reason: string }[]
}

/** The servers with their hops; one whose hop was left out is left out too, since without it it would be dialled directly. */
function withoutUnreached({ taken, known, skipped }: Taken): readonly ServerSpec[] {
  const left = new Map(taken)
  for (let size = -1; size !== left.size;) {
    size = left.size
    for (const [id, { jump, name }] of left) {
      const missing = jump.find((hop) => !known.has(hop))
      if (missing === undefined) continue
      left.delete(id)
      known.delete(id)
      skipped.push({ name, reason: `Its jump host ${missing.replace(/^config(?:-hop)?:/, '')} was left out.` })
    }
  }
  return [...left.values()].map((server) => ({ ...server, jump: server.jump.flatMap((hop) => known.get(hop) ?? []) }))
}

function isCopyOf(one: ServerSpec, row: ServerSpec): boolean {
  const isNamed = nameKey(one.name) === nameKey(row.name) || nameKey(one.name) === nameKey(`${row.name}${COPY}`)
  return isNamed && one.host === row.host && one.port === row.port && one.username === row.username
}
