import { REPORT_SECONDS, type ReportState } from '@shared/apis'
import type { Fault } from '@shared/errors'
import { formatAgo, plural } from '@shared/format'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { FaultView } from '../../components/fault-view'
import { TextField } from '../../components/field'
import { showToast } from '../../components/toasts'
import { settle } from '../../stores/call'
import { useClock } from '../../stores/clock'
import styles from './apis.module.css'

const MINUTE = 60
const MOST_MINUTES = 1440

/** Where the traffic report of the X Port Forward API goes, how often, and how the last ones went. */
export function ReportSettings({ report }: { report: ReportState }): ReactNode {
  const state = useReport(report)
  const { form, errors, changed } = state
  return (
    <form
      className={styles.form}
      aria-label="Traffic report"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void state.save()
      }}
    >
      <h4 className={styles.subtitle}>Traffic report</h4>
      <div className={styles.listen}>
        <TextField
          label="Post it to"
          mono
          type="url"
          placeholder="nowhere"
          hint="The panel's address. Rows wait until it answers that it has them."
          value={form.url}
          error={errors.url}
          onChange={(url) => {
            state.change({ url })
          }}
        />
        <TextField
          label="Every, minutes"
          inputMode="decimal"
          value={form.minutes}
          error={errors.minutes}
          onChange={(minutes) => {
            state.change({ minutes })
          }}
        />
      </div>
      {report.url !== null && <Standing report={report} />}
      {report.fault !== null && <FaultView fault={report.fault} tone="waiting" />}
      {state.fault !== null && <FaultView fault={state.fault} />}
      <div className={styles.buttons}>
        <Button type="submit" disabled={!changed} busy={state.busy === 'save'}>
          Save
        </Button>
        {report.url !== null && (
          <Button busy={state.busy === 'report'} disabled={changed} onClick={() => void state.reportNow()}>
            Report now
          </Button>
        )}
      </div>
    </form>
  )
}

// --- internal ---

function Standing({ report: { waiting, lastSuccess } }: { report: ReportState }): ReactNode {
  const last = useClock(
    useCallback(
      (now: number) =>
        lastSuccess === null ? 'none was taken yet' : `the last was taken ${formatAgo(lastSuccess, now)}`,
      [lastSuccess],
    ),
  )
  return (
    <p className={styles.state}>
      {plural(waiting, 'row')} {waiting === 1 ? 'waits' : 'wait'}, {last}
    </p>
  )
}

interface ReportForm {
  readonly url: string
  readonly minutes: string
}
type ReportErrors = Partial<Record<keyof ReportForm, string>>

interface ReportFormState {
  readonly form: ReportForm
  readonly errors: ReportErrors
  readonly fault: Fault | null
  readonly busy: 'save' | 'report' | null
  readonly changed: boolean
  readonly change: (patch: Partial<ReportForm>) => void
  readonly save: () => Promise<void>
  readonly reportNow: () => Promise<void>
}

function useReport(report: ReportState): ReportFormState {
  const [typed, setTyped] = useState<ReportForm | null>(null)
  const [errors, setErrors] = useState<ReportErrors>({})
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState<'save' | 'report' | null>(null)
  const known = formOf(report)
  const form = typed ?? known
  const save = async (): Promise<void> => {
    const wrong = errorsOf(form)
    setErrors(wrong)
    if (Object.keys(wrong).length > 0) return
    const url = form.url.trim() === '' ? null : form.url.trim()
    setBusy('save')
    const result = await settle(
      window.api.daemon['apis.setReport']({ url, intervalSeconds: Math.round(minutesOf(form) * MINUTE) }),
    )
    setBusy(null)
    if (result.ok) {
      setTyped(null)
      setFault(null)
    } else if (result.fault.field === 'url') setErrors({ url: result.fault.message })
    else setFault(result.fault)
  }
  const reportNow = async (): Promise<void> => {
    setBusy('report')
    setFault(null)
    const result = await settle(window.api.daemon['apis.reportNow']({}))
    setBusy(null)
    if (!result.ok) setFault(result.fault)
    else if (result.value.fault === null) showToast({ text: 'The report was taken.' })
  }
  return {
    form,
    errors,
    fault,
    busy,
    changed: form.url !== known.url || form.minutes !== known.minutes,
    change: (patch) => {
      setTyped({ ...form, ...patch })
      setErrors({})
    },
    save,
    reportNow,
  }
}

function formOf({ url, intervalSeconds }: ReportState): ReportForm {
  return { url: url ?? '', minutes: String(Number((intervalSeconds / MINUTE).toFixed(2))) }
}

function minutesOf({ minutes }: ReportForm): number {
  return minutes.trim() === '' ? REPORT_SECONDS / MINUTE : Number(minutes.replace(',', '.'))
}

function errorsOf(form: ReportForm): ReportErrors {
  const minutes = minutesOf(form)
  const right = minutes * MINUTE >= 1 && minutes <= MOST_MINUTES
  return {
    ...(form.url.trim() === '' || isWebAddress(form.url.trim())
      ? {}
      : { url: 'Type an address that begins with http:// or https://.' }),
    ...(right ? {} : { minutes: `Type up to ${MOST_MINUTES}.` }),
  }
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/./.test(text) && URL.canParse(text)
}
