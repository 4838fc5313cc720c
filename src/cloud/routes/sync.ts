/** `POST /port-forwards/sync`: many forwards in one request, matched by `localId`; one result for each, in order. */
import { MAX_SYNC } from '@shared/cloud'
import { editableScopes, ownerOf } from '../access'
import { readJson } from '../body'
import type { RouteContext, Services } from '../context'
import { complaintsOf, MAX_TEXT, readChange, readNew } from '../forward-body'
import { withoutClearSecrets } from '../forward-view'
import { Problem } from '../problem'
import { scopeOf, type SyncWrite } from '../store'
import { notKept } from './_not-kept'

interface Accepted {
  readonly at: number
  readonly localId: string | null
  readonly write: SyncWrite
}

export interface SyncResult {
  readonly localId: string | null
  readonly id: string | null
  /** `conflict`: it has another version than the element named, and nothing of it was written. */
  readonly result: 'created' | 'updated' | 'unchanged' | 'conflict' | 'rejected'
  readonly version: number | null
  /** What is wrong with it, when it was rejected. */
  readonly message: readonly string[]
}

export async function sync(services: Services, context: RouteContext): Promise<Response> {
  const body = await readJson(context)
  if (!Array.isArray(body)) throw new Problem(400, ['the body must be an array'])
  if (body.length > MAX_SYNC) throw new Problem(413, `One sync has at most ${MAX_SYNC} port forwards`)
  const session = context.get('session')
  const owner = await ownerOf(services, context, 'edit')
  const scopes = owner.namespace === null ? await editableScopes(services, session) : [scopeOf(owner)]
  const { accepted, results, dropped } = judge(body)
  const writes = accepted.map(({ write }) => write)
  const synced = await services.store.forwards.sync(writes, { owner, scopes, by: session.user })
  for (const [index, { at, localId }] of accepted.entries()) {
    const done = synced[index]
    if (done === undefined) continue
    const { row, result } = done
    results[at] = { localId, id: row?.id ?? null, result, version: row?.version ?? null, message: [] }
  }
  notKept(context, dropped)
  const syncedCount = results.filter(({ result }) => result !== 'rejected' && result !== 'conflict').length
  return context.json({ message: 'Port forwards synced successfully', syncedCount, results }, 201)
}

// --- internal ---

interface Judged {
  readonly accepted: readonly Accepted[]
  readonly results: SyncResult[]
  readonly dropped: readonly string[]
}

function judge(body: readonly unknown[]): Judged {
  const seen = new Set<string>()
  const dropped = new Set<string>()
  const accepted: Accepted[] = []
  const results = body.map((given: unknown, at): SyncResult => {
    const { element, ifVersion, complaint } = withoutVersion(given)
    const localId = localIdOf(element)
    const complaints = [...complaintsOf(element, 'create'), ...complaint]
    if (localId !== null && seen.has(localId)) complaints.push('localId is named twice in this sync')
    if (localId !== null) seen.add(localId)
    if (complaints.length > 0) return { localId, id: null, result: 'rejected', version: null, message: complaints }
    const fields = withoutClearSecrets(readNew(element))
    const change = withoutClearSecrets(readChange(element)).fields
    for (const name of fields.dropped) dropped.add(name)
    accepted.push({ at, localId, write: { fields: fields.fields, change, ifVersion } })
    return { localId, id: null, result: 'created', version: null, message: [] }
  })
  return { accepted, results, dropped: [...dropped] }
}

/** `null` also for one that is refused for its length: it must not come back whole. */
function localIdOf(element: unknown): string | null {
  if (typeof element !== 'object' || element === null || !Object.hasOwn(element, 'localId')) return null
  const { localId } = element as { readonly localId: unknown }
  return typeof localId === 'string' && localId !== '' && localId.length <= MAX_TEXT ? localId : null
}

/** `ifVersion` is ours and no field of a forward: which version the element may be written over. */
function withoutVersion(given: unknown): {
  readonly element: unknown
  readonly ifVersion: number | null
  readonly complaint: readonly string[]
} {
  const isNamed = typeof given === 'object' && given !== null && Object.hasOwn(given, 'ifVersion')
  if (!isNamed) return { element: given, ifVersion: null, complaint: [] }
  const { ifVersion, ...element } = given as { readonly ifVersion: unknown }
  if (typeof ifVersion === 'number' && Number.isSafeInteger(ifVersion) && ifVersion >= 0) {
    return { element, ifVersion, complaint: [] }
  }
  return { element, ifVersion: null, complaint: ['ifVersion must be a whole number that is not less than 0'] }
}
