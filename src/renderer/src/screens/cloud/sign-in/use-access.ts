import type { Fault } from '@shared/errors'
import type { CloudView } from '@shared/cloud-views'
import type { Result } from '@shared/result'
import type { ForwardView } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { useState } from 'react'
import { showToast } from '../../../components/toasts'
import { isUnknown } from '../../../needs/keyring'
import { notShareable } from '../../../sharing/words'
import { settle, showFault } from '../../../stores/call'
import { setCloudView } from '../../../stores/cloud'
import { useForwards } from '../../../stores/forwards'
import { linkStore, useLink } from '../../../stores/link'
import { useServers } from '../../../stores/servers'
import { settingsStore } from '../../../stores/settings'
import { showCloud } from '../../../stores/ui'
import {
  accessErrors,
  accessFieldOf,
  addressOf,
  emptyAccess,
  type AccessErrors,
  type AccessForm,
  type AccessWay,
  type Keep,
} from './access-form'

export interface Access {
  readonly form: AccessForm
  readonly errors: AccessErrors
  readonly fault: Fault | null
  readonly busy: boolean
  /** Neither the desktop nor the daemon has a keychain. */
  readonly noKeyring: boolean
  /** Forwards of this machine that no account has. */
  readonly own: number
  readonly change: (patch: Partial<AccessForm>) => void
  readonly submit: (way: AccessWay) => Promise<void>
}

/** Signs in. What was typed stays while one looks at the other ways in. */
export function useAccess(start: Partial<AccessForm> = {}): Access {
  const [form, setForm] = useState<AccessForm>(() => ({ ...emptyAccess, keep: keepByDefault(), ...start }))
  const [errors, setErrors] = useState<AccessErrors>({})
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState(false)
  const [refusedKeyring, setRefusedKeyring] = useState(false)
  const withoutKeyring = useLink(({ keyring }) => !isUnknown(keyring) && keyring?.available === false)
  const servers = useServers()
  const own = useForwards((state) => countOwn(state.byId.values(), servers))

  const refused = (why: Fault, way: AccessWay): void => {
    if (why.code === 'secret.no-keyring') {
      setRefusedKeyring(true)
      setForm((known) => ({ ...known, keep: null }))
      setErrors({ keep: `${why.message} Choose where else the login is kept.` })
      return
    }
    const field = accessFieldOf(why, way)
    if (field === null) setFault(why)
    else setErrors({ [field]: [why.message, why.fix].filter((part) => part !== null).join(' ') })
  }
  const submit = async (way: AccessWay): Promise<void> => {
    const wrong = accessErrors(form, way)
    setErrors(wrong)
    setFault(null)
    if (busy || Object.keys(wrong).length > 0) return
    setBusy(true)
    const result = await settle(ask(form, way))
    setBusy(false)
    if (!result.ok) {
      refused(result.fault, way)
      return
    }
    setForm((known) => ({ ...known, password: '' }))
    setCloudView(result.value)
    await welcome(result.value, { form, way, own })
  }
  return {
    ...{ form, errors, fault, busy, own, submit },
    noKeyring: withoutKeyring || refusedKeyring,
    change: (patch) => {
      setForm((known) => ({ ...known, ...patch }))
      // What was wrong is judged again at the next try.
      setErrors((known) => Object.fromEntries(Object.entries(known).filter(([field]) => !(field in patch))))
    },
  }
}

// --- internal ---

function ask(form: AccessForm, way: AccessWay): Promise<Result<CloudView>> {
  const { email, username, password, insecure, adopt } = form
  const keep = form.keep ?? 'memory'
  const common = { email: email.trim(), password, keep, insecure, adopt }
  const { daemon } = window.api
  if (way === 'register') {
    return daemon['cloud.register']({ ...common, url: form.link.trim(), username: username.trim() })
  }
  return daemon['cloud.login']({ ...common, url: addressOf(form, way) ?? '' })
}

/** Says what came of it, and shows the team one was invited to. */
async function welcome(
  view: CloudView,
  { form, way, own }: { readonly form: AccessForm; readonly way: AccessWay; readonly own: number },
): Promise<void> {
  const more = form.adopt && own > 0 ? 'The forwards of this machine go into the account.' : null
  showToast({ text: `You are signed in as ${view.account?.email ?? form.email}.`, more })
  if (way === 'join') {
    const joined = await settle(window.api.daemon['cloud.joinTeam']({ link: form.link.trim() }))
    if (joined.ok) showCloud({ kind: 'team', teamId: joined.value.id })
    else showFault(joined.fault)
    return
  }
  const [team] = view.teams
  if (way === 'register' && team !== undefined) showCloud({ kind: 'team', teamId: team.id })
}

/** What the person said before about machines without a keyring counts here too. */
function keepByDefault(): Keep | null {
  const { keyring } = linkStore.getState()
  if (isUnknown(keyring) || keyring?.available === true) return 'keychain'
  switch (settingsStore.getState().settings?.secretsWithoutKeyring) {
    case 'allow':
      return 'file'
    case 'never':
      return 'memory'
    default:
      return null
  }
}

/** Forwards that the account can take: those that the cloud has words for, and not the demo's. */
function countOwn(views: Iterable<ForwardView>, servers: readonly ServerSpec[]): number {
  const demos = new Set(servers.filter(({ demo }) => demo).map(({ id }) => id))
  let own = 0
  for (const { spec, cloud } of views) {
    if (cloud === null && notShareable(spec) === null && !demos.has(spec.serverId)) own++
  }
  return own
}
