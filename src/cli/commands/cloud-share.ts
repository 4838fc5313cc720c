/** What `warren cloud share`, `own` and `runs` do. */
import type { DaemonClient } from '@daemon/client'
import { WarrenError, type ErrorCode } from '@shared/errors'
import { cloudFieldWords, fieldValue } from '@shared/cloud-words'
import { cloudFieldNames, PERSONAL, type CloudField } from '@shared/cloud-views'
import { ageOf, formatAge, plural } from '@shared/format'
import type { ForwardView } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { selectForwards, type Selection } from '../names'
import { confirm } from '../secrets'
import { publicForward } from '../snapshots'
import { findShared, findSpace } from '../spaces'
import { printable, table } from '../table'
import { usageError } from '../usage'
import { valuesHere } from './_cloud-sides'

export interface ShareOptions extends Selection {
  readonly to: string
  readonly yes?: boolean
}

export async function cloudShare(
  context: Context,
  names: readonly string[],
  { to, yes, ...selection }: ShareOptions,
): Promise<number> {
  const client = await context.daemon()
  const selected = await selectForwards(client, names, selection)
  // Lines of the ssh config belong to their file: `--all` means what can be shared.
  const views = selected.filter(({ spec }) => selection.all !== true || spec.configLine === null)
  const namespace = await findSpace(client, to)
  const warning = names.length > 0 ? null : takenAway(views, namespace)
  if (warning !== null) await confirm(context, { warning, yes })
  const shared =
    selection.all === true ? await shareAll(context, views, namespace) : await share(client, idsOf(views), namespace)
  if (context.json) context.document(shared.map(publicForward))
  else for (const view of shared) context.terminal.out(`${printable(whoseWords(view, teamBefore(views, view)))}\n`)
  if (shared.length === 0) context.terminal.err('There is nothing to share.\n')
  return DONE
}

export async function cloudOwn(
  context: Context,
  name: string,
  { fields, drop = false }: { readonly fields: readonly string[]; readonly drop?: boolean },
): Promise<number> {
  if (drop && fields.length === 0) throw usageError('Say which fields to drop.')
  const wanted = fields.map(readField)
  const client = await context.daemon()
  let view = await findShared(client, name)
  for (const field of wanted) view = await client.call('cloud.setOverride', { id: view.spec.id, field, own: !drop })
  if (context.json) {
    context.document(publicForward(view))
    return DONE
  }
  const servers = await client.call('servers.list', {})
  printSides(
    context,
    view,
    servers.find(({ id }) => id === view.spec.serverId),
  )
  return DONE
}

export async function cloudRuns(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const view = await findShared(client, name)
  const runs = await client.call('cloud.runs', { id: view.spec.id })
  if (context.json) {
    context.document(runs)
    return DONE
  }
  if (runs.length === 0) context.terminal.err(`Nobody runs ${printable(view.spec.name)} now.\n`)
  const rows = runs.map(({ user, deviceName, isThisDevice, since }) => [
    printable(user),
    printable(deviceName) + (isThisDevice ? ' (this machine)' : ''),
    runningWords(since, context.now()),
  ])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

export function readField(text: string): CloudField {
  const field = cloudFieldNames.find((one) => one.toLowerCase() === text.toLowerCase())
  if (field !== undefined) return field
  throw usageError(`There is no field "${text}".`, `There are ${cloudFieldNames.join(', ')}.`)
}

// --- internal ---

/** `for 20 s`. */
function runningWords(since: string, now: number): string {
  return `for ${formatAge(ageOf(since, now))}`
}

async function share(client: DaemonClient, ids: readonly string[], namespace: string): Promise<readonly ForwardView[]> {
  return ids.length === 0 ? [] : await client.call('cloud.share', { ids: [...ids], namespace })
}

/** What a forward cannot be, and what one's role in its team does not allow. */
const leftOut: ReadonlySet<ErrorCode> = new Set(['cloud.refused', 'cloud.forbidden'])

/** All that can be; what cannot is named. */
async function shareAll(
  { daemon, terminal }: Context,
  views: readonly ForwardView[],
  namespace: string,
): Promise<readonly ForwardView[]> {
  const client = await daemon()
  const tried = async (some: readonly ForwardView[]): Promise<readonly ForwardView[] | WarrenError> => {
    try {
      return await share(client, idsOf(some), namespace)
    } catch (error) {
      if (error instanceof WarrenError && leftOut.has(error.code)) return error
      throw error
    }
  }
  const together = await tried(views)
  if (!(together instanceof WarrenError)) return together
  const shared: ForwardView[] = []
  for (const view of views) {
    const one = await tried([view])
    if (one instanceof WarrenError) terminal.err(`Left out ${printable(view.spec.name)}: ${printable(one.message)}\n`)
    else shared.push(...one)
  }
  return shared
}

function idsOf(views: readonly ForwardView[]): readonly string[] {
  return views.map(({ spec }) => spec.id)
}

/** What others lose by it: who names a forward means it, who says `--all` may not think of it. */
function takenAway(views: readonly ForwardView[], namespace: string): string | null {
  const clouds = views.flatMap(({ cloud }) => (cloud === null ? [] : [cloud]))
  const taken = clouds.filter((one) => ![PERSONAL, namespace].includes(one.namespace) && one.editable)
  if (taken.length === 0) return null
  const teams = new Intl.ListFormat('en').format(new Set(taken.map(({ space }) => printable(space))))
  const go = taken.length === 1 ? 'goes' : 'go'
  return `${plural(taken.length, 'forward')} ${go} away for the others of ${teams}.`
}

/** The team that it was in, and is no more. */
function teamBefore(before: readonly ForwardView[], { spec, cloud }: ForwardView): string | null {
  const was = before.find((one) => one.spec.id === spec.id)?.cloud ?? null
  return was === null || was.namespace === PERSONAL || was.namespace === cloud?.namespace ? null : was.space
}

function whoseWords({ spec, cloud }: ForwardView, left: string | null): string {
  const where =
    cloud === null
      ? 'is on this machine only'
      : cloud.namespace === PERSONAL
        ? 'is in your account'
        : `is shared with ${cloud.space}`
  const gone = left === null ? '' : `; it goes away for the others of ${left}`
  return `${spec.name} ${where}${gone}${cloud?.state === 'waiting' ? '; it waits to be sent' : ''}`
}

function printSides({ terminal }: Context, view: ForwardView, server: ServerSpec | undefined): void {
  const { cloud } = view
  if (cloud === null) return
  const here = valuesHere(view, server)
  const rows = cloudFieldNames.flatMap((field) => {
    const shared = fieldValue(cloud.shared, field)
    const mine = cloud.overrides.includes(field)
    const local = mine ? here(field) : shared
    if (shared === null && local === null) return []
    return [[field, cloudFieldWords[field], shared ?? '–', local ?? '–', mine ? 'own' : ''].map(printable)]
  })
  const head = ['FIELD', '', printable(cloud.space).toUpperCase(), 'HERE', '']
  for (const line of table(rows, { head })) terminal.out(`${line}\n`)
  if (cloud.shared === null) terminal.err('The server has not confirmed it yet.\n')
}
