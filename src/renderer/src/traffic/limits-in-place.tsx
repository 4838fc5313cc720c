import type { Fault } from '@shared/errors'
import { noLimits, type Limits } from '@shared/limits'
import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { FaultView } from '../components/fault-view'
import { tidy } from './limits-editor'
import { LimitsFields } from './limits-fields'
import {
  limitFieldOf,
  limitsFormOf,
  moreCount,
  readLimits,
  sameLimits,
  type LimitErrors,
  type LimitsForm,
} from './limits-form'
import styles from './limits.module.css'

export interface LimitsInPlaceProps {
  /** As the daemon has them; `null`: no limits. */
  value: Limits | null
  /** Saves them; resolves with why not, or `null` when it is done. */
  onSave: (limits: Limits) => Promise<Fault | null>
  protocol?: 'tcp' | 'udp' | undefined
}

/** Limits that are saved field by field, as each is left: they take effect at once, and no connection drops. */
export function LimitsInPlace({ value, onSave, protocol = 'tcp' }: LimitsInPlaceProps): ReactNode {
  const state = useInPlace(value, onSave)
  const { form, errors, fault, word } = state
  return (
    <div onKeyDown={state.onKeyDown}>
      <LimitsFields
        form={form}
        errors={errors}
        protocol={protocol}
        more={moreCount(value ?? noLimits)}
        onChange={state.change}
        onCommit={state.commit}
      />
      <p className={styles.saved} role="status">
        {word}
      </p>
      {fault !== null && <FaultView fault={fault} />}
    </div>
  )
}

// --- internal ---

interface InPlace {
  readonly form: LimitsForm
  readonly errors: LimitErrors
  readonly fault: Fault | null
  readonly word: string
  readonly change: (patch: Partial<LimitsForm>) => void
  readonly commit: (patch: Partial<LimitsForm>) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

function useInPlace(value: Limits | null, onSave: LimitsInPlaceProps['onSave']): InPlace {
  // What the texts stand for.
  const [base, setBase] = useState(value)
  const [seen, setSeen] = useState(value)
  const [form, setForm] = useState(() => limitsFormOf(value))
  const [errors, setErrors] = useState<LimitErrors>({})
  const [fault, setFault] = useState<Fault | null>(null)
  const [word, setWord] = useState('')
  if (!sameLimits(seen, value)) {
    // Changed by the save just made, or elsewhere (a panel, the command line): texts that nobody is changing follow.
    setSeen(value)
    setBase(value)
    setForm(follow(form, limitsFormOf(base), limitsFormOf(value)))
  }
  const change = (patch: Partial<LimitsForm>): void => {
    setForm({ ...form, ...patch })
    setErrors({})
    setWord('')
  }
  const commit = (patch: Partial<LimitsForm>): void => {
    const next = { ...form, ...patch }
    const read = readLimits(next, base)
    setErrors(read.errors)
    setForm(tidy(next, base))
    if (sameLimits(read.limits, base)) return
    setFault(null)
    setWord('Saving…')
    void onSave(read.limits).then((trouble) => {
      setWord(trouble === null ? 'Saved; it holds from now on.' : '')
      if (trouble === null) {
        setBase(read.limits)
        return
      }
      const field = limitFieldOf(trouble.field)
      if (field === null) setFault(trouble)
      else setErrors((known) => ({ ...known, [field]: trouble.message }))
    })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.target instanceof HTMLInputElement)) return
    if (event.key === 'Enter') {
      event.preventDefault()
      commit({})
    }
    // Esc takes back what was typed; a second one closes the pane.
    if (event.key === 'Escape' && JSON.stringify(form) !== JSON.stringify(limitsFormOf(base))) {
      event.stopPropagation()
      setForm(limitsFormOf(base))
      setErrors({})
    }
  }
  return { form, errors, fault, word, change, commit, onKeyDown }
}

/** Each text that still is as it was before becomes what it is now. */
function follow(form: LimitsForm, before: LimitsForm, now: LimitsForm): LimitsForm {
  const keys = Object.keys(now) as (keyof LimitsForm)[]
  const pairs = keys.map((key) => [key, form[key] === before[key] ? now[key] : form[key]])
  return Object.fromEntries(pairs) as LimitsForm
}
