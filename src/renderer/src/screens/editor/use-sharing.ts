/** The part of the form that is about others: where the forward is kept, and what of it is mine alone. */
import type { CloudField, CloudFields, ForwardCloud } from '@shared/cloud-views'
import type { Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import type { ForwardView } from '@shared/snapshots'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { useState } from 'react'
import { showToast } from '../../components/toasts'
import { LOCAL, isTeam, notShareable, spaceOf, spacesOf, type Space } from '../../sharing/words'
import { settle } from '../../stores/call'
import { useCloud } from '../../stores/cloud'
import { mergeForwards, useForward } from '../../stores/forwards'
import { mayTakeAway } from '../../stores/share-actions'
import { partialSpec, type ForwardForm } from './form'
import type { FormField } from './form-fields'
import { cloudFieldsOf, isOwn, sharedForm, sharedRows, type RowId, type SharedRow } from './shared-fields'

export interface Sharing {
  /** How the saved forward stands; `null` for a new one and one that is on this machine only. */
  readonly cloud: ForwardCloud | null
  /** Every place it can be kept; only this machine without an account. */
  readonly spaces: readonly Space[]
  /** Where it is. */
  readonly from: Space
  /** Where it is to be. */
  readonly to: Space
  readonly setSpace: (namespace: string) => void
  /** Why it cannot be kept where it is to be; `null` when it can. */
  readonly problem: string | null
  /** Why it can be kept on this machine only. */
  readonly hindrance: string | null
  readonly rows: readonly SharedRow[]
  /** Makes a value this machine's own, or takes the shared one. Nothing is done before the form is saved. */
  readonly choose: (row: RowId, own: boolean) => void
  /** Whether the field is shared and this account may not change it. */
  readonly isLocked: (field: FormField | 'type') => boolean
  /** Asks where others would lose it. */
  readonly mayMove: () => Promise<boolean>
  /** Sends what was chosen about own values; the forward after it, `null` when nothing was. */
  readonly sendChoices: () => Promise<Result<ForwardView | null>>
  /** Moves the saved forward to where it is to be; what goes wrong is said, and the forward stays where it is. */
  readonly move: (view: ForwardView) => Promise<ForwardView>
}

export interface SharingInput {
  readonly form: ForwardForm
  readonly original: ForwardSpec | null
  readonly servers: readonly ServerSpec[]
  readonly change: (change: Partial<ForwardForm>) => void
}

export function useSharing({ form, original, servers, change }: SharingInput): Sharing {
  const view = useForward(original?.id ?? '')
  const account = useCloud((state) => state.view)
  const [chosen, setChosen] = useState<string | null>(null)
  const [choices, setChoices] = useState<ReadonlyMap<RowId, boolean>>(new Map())
  const cloud = view?.cloud ?? null
  const from = spaceOf(cloud)
  const spaces = withOwn(spacesOf(account), from)
  const to = spaces.find(({ namespace }) => namespace === chosen) ?? from
  const server = servers.find(({ id }) => id === form.serverId)
  const hindrance = notShareable({ ...partialSpec(form), configLine: original?.configLine ?? null }, server)
  const shared = cloud?.shared ?? null
  return {
    ...{ cloud, spaces, from, to, hindrance },
    setSpace: setChosen,
    problem: to.namespace === LOCAL ? null : hindrance,
    rows: cloud === null || original === null ? [] : sharedRows({ form, spec: original, cloud, choices, server }),
    choose: (row, own) => {
      setChoices((before) => new Map(before).set(row, own))
      if (!own && shared !== null && original !== null) change(sharedValue(row, shared, original))
    },
    isLocked: (field) => {
      if (cloud === null || cloud.editable || from.namespace !== to.namespace) return false
      const row = rowOf(field)
      return row !== null && !(choices.get(row) ?? isOwn(row, original?.type ?? form.type, cloud))
    },
    mayMove: () => (view === undefined ? Promise.resolve(true) : mayTakeAway([view], to)),
    sendChoices: async () => {
      if (cloud === null || original === null || to.namespace === LOCAL) return { ok: true, value: null }
      const sent = await sendAll(original.id, changedFields({ choices, cloud, spec: original }))
      if (sent.ok) setChoices(new Map())
      return sent
    },
    move: async (saved) => {
      if (spaceOf(saved.cloud).namespace === to.namespace) return saved
      const moved = await settle(window.api.daemon['cloud.share']({ ids: [saved.spec.id], namespace: to.namespace }))
      if (moved.ok) {
        mergeForwards(moved.value)
        return moved.value.find(({ spec }) => spec.id === saved.spec.id) ?? saved
      }
      sayNotMoved(saved, to, moved.fault)
      return saved
    },
  }
}

// --- internal ---

/** A team that one has left still names the place of what is in it. */
function withOwn(spaces: readonly Space[], from: Space): readonly Space[] {
  return spaces.some(({ namespace }) => namespace === from.namespace) ? spaces : [...spaces, from]
}

function rowOf(field: FormField | 'type'): RowId | null {
  switch (field) {
    case 'serverId':
      return 'server'
    case 'type':
    case 'name':
    case 'listenAddress':
    case 'listenPort':
    case 'targetHost':
    case 'targetPort':
    case 'tags':
    case 'description':
      return field
    default:
      return null
  }
}

/** The part of the form that a row shows, with the shared value in it. */
function sharedValue(row: RowId, shared: CloudFields, spec: ForwardSpec): Partial<ForwardForm> {
  const theirs = sharedForm(shared, spec)
  switch (row) {
    case 'server':
      return { serverId: spec.serverId }
    case 'type':
    case 'username':
      return {}
    default:
      return { [row]: theirs[row] }
  }
}

interface Changed {
  readonly choices: ReadonlyMap<RowId, boolean>
  readonly cloud: ForwardCloud
  readonly spec: ForwardSpec
}

/** What is shared comes before what is empty there: a port must not be gone before the one that takes its place is there. */
function changedFields({ choices, cloud, spec }: Changed): readonly { field: CloudField; own: boolean }[] {
  const isEmpty = (field: CloudField): number => Number((cloud.shared?.[field] ?? null) === null)
  return [...choices].flatMap(([row, own]) =>
    cloudFieldsOf(spec.type, row)
      .filter((field) => cloud.overrides.includes(field) !== own)
      .toSorted((one, other) => isEmpty(one) - isEmpty(other))
      .map((field) => ({ field, own })),
  )
}

async function sendAll(
  id: string,
  changes: readonly { readonly field: CloudField; readonly own: boolean }[],
): Promise<Result<ForwardView | null>> {
  let last: ForwardView | null = null
  for (const { field, own } of changes) {
    const result = await settle(window.api.daemon['cloud.setOverride']({ id, field, own }))
    if (!result.ok) return result
    last = result.value
    mergeForwards([last])
  }
  return { ok: true, value: last }
}

function sayNotMoved({ spec, cloud }: ForwardView, to: Space, fault: Fault): void {
  const stays = isTeam(spaceOf(cloud)) ? `stays in ${spaceOf(cloud).name}` : 'stays where it is'
  showToast({
    tone: 'fault',
    text: `${spec.name} is saved, but it ${stays}: ${fault.message}`,
    more: fault.fix ?? (to.namespace === LOCAL ? null : 'Try again from its menu.'),
    code: fault.code,
  })
}
