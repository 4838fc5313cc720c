import type { Limits } from '@shared/limits'
import { useState, type ReactNode } from 'react'
import { limitsFormOf, moreCount, readLimits, type LimitErrors, type LimitsForm } from './limits-form'
import { LimitsFields } from './limits-fields'

export interface LimitsEditorProps {
  /** `null`: no limits. */
  value: Limits | null
  /** What the form says now. `valid`: nothing in it is wrong; fields that are wrong are left as they were. */
  onChange: (limits: Limits, valid: boolean) => void
  /** What the daemon refused, beside what the form itself finds wrong. */
  errors?: LimitErrors | undefined
  /** Shows what is wrong in fields that were not left yet, as after a press of "Save". */
  showAll?: boolean | undefined
  protocol?: 'tcp' | 'udp' | undefined
}

/** Limits in a form that is saved as a whole. */
export function LimitsEditor({ value, onChange, errors, showAll, protocol = 'tcp' }: LimitsEditorProps): ReactNode {
  // What it began with: texts that are not touched keep the exact figures behind them.
  const [base] = useState(value)
  const [form, setForm] = useState(() => limitsFormOf(value))
  const [shown, setShown] = useState<LimitErrors>({})
  const change = (patch: Partial<LimitsForm>): LimitsForm => {
    const next = { ...form, ...patch }
    setForm(next)
    const read = readLimits(next, base)
    // While somebody types, a text that is not right yet is not held against them; one that became right is cleared.
    setShown(only(shown, read.errors))
    onChange(read.limits, Object.keys(read.errors).length === 0)
    return next
  }
  const { limits, errors: all } = readLimits(form, base)
  return (
    <LimitsFields
      form={form}
      errors={{ ...errors, ...(showAll === true ? all : shown) }}
      protocol={protocol}
      more={moreCount(limits)}
      onChange={change}
      onCommit={(patch) => {
        const next = Object.keys(patch).length === 0 ? form : change(patch)
        setShown(readLimits(next, base).errors)
        // Shown back as it was understood: "2m" becomes "2 MB/s".
        setForm(tidy(next, base))
      }}
    />
  )
}

/** The same texts, those that are right written the way Warren writes them. */
export function tidy(form: LimitsForm, base: Limits | null): LimitsForm {
  const { limits, errors } = readLimits(form, base)
  const tidied = limitsFormOf(limits)
  const kept = Object.fromEntries(Object.keys(errors).map((field) => [field, form[field as keyof LimitErrors]]))
  // Without an amount there is no quota to read its other choices from.
  const quota =
    limits.quota === null
      ? { period: form.period, counts: form.counts, then: form.then, slowRate: form.slowRate }
      : { slowRate: form.then === 'slow' ? tidied.slowRate : form.slowRate }
  return { ...tidied, ...quota, ...kept }
}

// --- internal ---

/** Of what is shown, what is still wrong. */
function only(shown: LimitErrors, now: LimitErrors): LimitErrors {
  return Object.fromEntries(Object.entries(shown).filter(([field]) => now[field as keyof LimitErrors] !== undefined))
}
