/** What views show of the cloud: the account, the state of sync, and how each forward stands to it. */
import { PERSONAL, type CloudTeam, type CloudView, type ForwardCloud, type SyncState } from '@shared/cloud-views'
import { listenEndpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import type { ForwardSpec } from '@shared/specs'
import type { SyncReport } from '@sync'
import type { Catalog } from '../catalog'
import type { SavedBinding } from '../store/index'
import type { Book } from './book'
import { spaceName } from './edits'
import type { AccountRecord, Keys, SealedFields } from './types'

/** What is so at this moment. */
export interface Standing {
  readonly record: AccountRecord | null
  readonly report: SyncReport | null
  /** Why there is no session though somebody is signed in. */
  readonly fault: Fault | null
  readonly keys: Keys | null
  readonly teams: readonly Omit<CloudTeam, 'key'>[]
  readonly pollSeconds: number
  readonly device: CloudView['device']
}

export interface ViewsOptions {
  readonly book: Book
  readonly catalog: Pick<Catalog, 'hasForward' | 'forward'>
  readonly sealed: Pick<SealedFields, 'of'>
  readonly mayEdit: (namespace: string | null) => boolean
  readonly now: () => number
  readonly standing: () => Standing
}

export interface Views {
  readonly cloud: () => CloudView
  readonly forward: (forwardId: string) => ForwardCloud | null
}

export function createViews(options: ViewsOptions): Views {
  const { book, catalog, sealed, now, standing } = options
  let state: SyncState = 'signed-out'
  let since = new Date(now()).toISOString()
  return {
    cloud: () => {
      const { record, report, keys, teams, pollSeconds, device, ...rest } = standing()
      const isSignedIn = record?.isSignedIn === true
      const counts = isSignedIn ? book.counts() : { waiting: 0, conflicts: 0, refused: 0 }
      const fault = rest.fault ?? report?.fault ?? null
      const next = isSignedIn ? stateOf({ fault, report, ...counts }) : 'signed-out'
      if (next !== state) {
        state = next
        since = new Date(now()).toISOString()
      }
      return {
        account: isSignedIn ? accountOf(record) : null,
        ...{ state, since, ...counts, fault: isSignedIn ? fault : null },
        lastSyncAt: report?.lastSyncAt ?? null,
        nextTryAt: report?.nextTryAt ?? null,
        mode: report?.mode ?? 'polling',
        pollSeconds,
        teams: isSignedIn ? teams.map((team) => ({ ...team, key: keys?.team(team.id) ?? 'none' })) : [],
        key: keys?.state() ?? 'none',
        keeps: record?.keeps ?? 'keychain',
        device,
      }
    },
    forward: (forwardId) => {
      const { record, keys } = standing()
      const binding = book.binding(forwardId)
      if (binding === null || record?.isSignedIn !== true || !catalog.hasForward(forwardId)) return null
      return {
        namespace: binding.namespace ?? PERSONAL,
        space: spaceName(book, binding.namespace),
        state: standingOf(book, binding),
        fault: binding.refused,
        editable: options.mayEdit(binding.namespace),
        shared: binding.base,
        overrides: binding.overrides,
        remapped: remappedOf(catalog.forward(forwardId).spec, binding),
        secrets: sealed
          .of(forwardId)
          .map((field) => ({ kind: field.field, readable: keys?.isReadable(field) ?? false })),
        activeElsewhere: binding.activeElsewhere,
      }
    },
  }
}

// --- internal ---

function stateOf(about: {
  readonly fault: Fault | null
  readonly report: SyncReport | null
  readonly waiting: number
  readonly conflicts: number
}): SyncState {
  const { fault, report } = about
  if (fault !== null) return report !== null && report.fault !== null && report.isOffline ? 'offline' : 'login-needed'
  if (about.conflicts > 0) return 'conflict'
  if (report === null || report.lastSyncAt === null) return 'starting'
  return about.waiting > 0 ? 'waiting' : 'in-sync'
}

function accountOf({ url, email, username, userId }: AccountRecord): CloudView['account'] {
  return { url, email, username, userId }
}

function standingOf(book: Book, binding: SavedBinding): ForwardCloud['state'] {
  if (book.conflictOf(binding.forwardId) !== null) return 'conflict'
  if (binding.refused !== null) return 'refused'
  return book.entry(`save ${binding.forwardId}`) !== null || binding.cloudId === null ? 'waiting' : 'synced'
}

function remappedOf(spec: ForwardSpec, { remappedFrom }: SavedBinding): ForwardCloud['remapped'] {
  if (remappedFrom === null || spec.type === 'remote') return null
  const end = listenEndpoint(spec)
  return 'path' in end || end.port === remappedFrom ? null : { from: remappedFrom, to: end.port }
}
