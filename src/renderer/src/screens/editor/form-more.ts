/** The part of the form under "More": when it dials, how its health is asked, who may use the proxy. */
import type { ForwardDraft, ForwardSpec, HealthCheck } from '@shared/specs'
import type { FormErrors, FormField } from './form-fields'
import type { ForwardForm } from './form'
import { splitHostPort } from './suggest'

export type HealthChoice = 'none' | HealthCheck['kind']

/** As typed; what the kind of forward does not have is kept, and not saved. */
export interface MoreForm {
  readonly onDemand: boolean
  readonly idleSeconds: string
  readonly health: HealthChoice
  readonly healthEvery: string
  readonly healthPath: string
  /** Empty: any status below 500. */
  readonly healthStatus: string
  /** `host:port` that a SOCKS check reaches. */
  readonly healthTarget: string
  /** Empty: no login. */
  readonly proxyUsername: string
  /** Never part of the spec, and empty when the form opens: it stays with the daemon. */
  readonly proxyPassword: string
  readonly servePac: boolean
}

export const emptyMore: MoreForm = {
  onDemand: false,
  idleSeconds: '300',
  health: 'none',
  healthEvery: '30',
  healthPath: '/',
  healthStatus: '',
  healthTarget: '',
  proxyUsername: '',
  proxyPassword: '',
  servePac: false,
}

type Written = Pick<ForwardSpec, 'onDemand' | 'idleSeconds' | 'health' | 'proxyUsername' | 'servePac'>

export function moreOf({ onDemand, idleSeconds, health, proxyUsername, servePac }: Written): MoreForm {
  return {
    ...emptyMore,
    onDemand,
    idleSeconds: String(idleSeconds),
    proxyUsername: proxyUsername ?? '',
    servePac,
    ...(health === null ? {} : healthOf(health)),
  }
}

/** Whether clients say where to connect to, so that it is a proxy for them. */
export function isProxy(form: Pick<ForwardForm, 'type' | 'anything'>): boolean {
  return form.type === 'dynamic' || (form.type === 'remote' && form.anything)
}

/** What of the choices goes with this kind of forward. */
export function healthChoices(form: Pick<ForwardForm, 'type' | 'anything'>): readonly HealthChoice[] {
  if (!isProxy(form)) return ['none', 'tcp', 'http']
  return form.type === 'dynamic' ? ['none', 'socks'] : ['none']
}

export function chosenHealth(form: ForwardForm): HealthChoice {
  return healthChoices(form).includes(form.health) ? form.health : 'none'
}

export type MoreDraft = Required<
  Pick<ForwardDraft, 'onDemand' | 'idleSeconds' | 'health' | 'proxyUsername' | 'servePac'>
>

/** Calls `refuse` for what is not even a number. */
export function draftMore(form: ForwardForm, refuse: (field: FormField, message: string) => void): MoreDraft {
  const whole = (field: FormField, text: string, usual: number): number => {
    if (/^\d{1,9}$/.test(text.trim())) return Number(text.trim())
    refuse(field, 'must be a whole number')
    return usual
  }
  const onDemand = form.type !== 'remote' && form.onDemand
  const name = form.proxyUsername.trim()
  return {
    onDemand,
    idleSeconds: onDemand ? whole('idleSeconds', form.idleSeconds, 300) : 300,
    health: draftHealth(form, { whole, refuse }),
    proxyUsername: isProxy(form) && name !== '' ? name : null,
    servePac: isProxy(form) && form.servePac,
  }
}

/** A password without a name would protect nothing. */
export function moreErrors(form: ForwardForm): FormErrors {
  const isLonely = isProxy(form) && form.proxyUsername.trim() === '' && form.proxyPassword !== ''
  return isLonely ? { proxyUsername: 'is missing' } : {}
}

/** Whether saving restarts what runs. */
export function moreWay(form: ForwardForm): readonly unknown[] {
  const proxy = isProxy(form) ? [form.proxyUsername.trim(), form.proxyPassword, form.servePac] : []
  return form.type === 'remote' ? proxy : [...proxy, form.onDemand, form.onDemand && form.idleSeconds]
}

// --- internal ---

function healthOf(health: HealthCheck): Partial<MoreForm> {
  const common = { health: health.kind, healthEvery: String(health.everySeconds) }
  switch (health.kind) {
    case 'tcp':
      return common
    case 'http':
      return { ...common, healthPath: health.path, healthStatus: health.status === null ? '' : String(health.status) }
    case 'socks': {
      const host = health.host.includes(':') ? `[${health.host}]` : health.host
      return { ...common, healthTarget: `${host}:${health.port}` }
    }
  }
}

function draftHealth(
  form: ForwardForm,
  ways: {
    whole: (field: FormField, text: string, usual: number) => number
    refuse: (field: FormField, message: string) => void
  },
): HealthCheck | null {
  const kind = chosenHealth(form)
  if (kind === 'none') return null
  const everySeconds = ways.whole('healthEvery', form.healthEvery, 30)
  switch (kind) {
    case 'tcp':
      return { kind, everySeconds }
    case 'http': {
      const status = form.healthStatus.trim() === '' ? null : ways.whole('healthStatus', form.healthStatus, 200)
      return { kind, path: form.healthPath.trim() === '' ? '/' : form.healthPath.trim(), status, everySeconds }
    }
    case 'socks': {
      const at = splitHostPort(form.healthTarget)
      if (at === null) ways.refuse('healthTarget', 'must be a host and a port, such as intranet:80')
      return { kind, host: at?.host ?? 'localhost', port: Number(at?.port ?? 80), everySeconds }
    }
  }
}
