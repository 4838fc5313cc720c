import type { Quota } from '@shared/limits'
import { useState, type ReactNode } from 'react'
import { TextField } from '../components/field'
import { Select } from '../components/select'
import { moreFields, type LimitErrors, type LimitField, type LimitsForm } from './limits-form'
import styles from './limits.module.css'

export interface LimitsFieldsProps {
  form: LimitsForm
  errors: LimitErrors
  /** UDP has sessions, and the least recently used one makes room. */
  protocol: 'tcp' | 'udp'
  /** How many of the folded ones are set. */
  more: number
  onChange: (patch: Partial<LimitsForm>) => void
  /** A choice was made or a field was left. */
  onCommit: (patch: Partial<LimitsForm>) => void
}

const periods = [
  { value: 'day', label: 'day' },
  { value: 'month', label: 'month' },
] as const satisfies readonly { value: Quota['period']; label: string }[]

const counted = [
  { value: 'both', label: 'Up and down' },
  { value: 'up', label: 'Up only' },
  { value: 'down', label: 'Down only' },
] as const satisfies readonly { value: Quota['counts']; label: string }[]

const endings = [
  { value: 'stop', label: 'Stop' },
  { value: 'slow', label: 'Slow down' },
] as const satisfies readonly { value: Quota['then']; label: string }[]

/** The fields of limits: what is set most first, the rest under "More limits". */
export function LimitsFields(props: LimitsFieldsProps): ReactNode {
  const { protocol } = props
  const live = protocol === 'udp' ? 'Sessions' : 'Connections'
  return (
    <div className={styles.fields}>
      <div className={styles.row}>
        <Text {...props} field="maxConnections" label={`${live} at once`} inputMode="numeric" />
        <Text {...props} field="maxConnectionsPerSource" label="From one address" inputMode="numeric" />
      </div>
      <Rates
        {...props}
        title="All together"
        up="ruleUp"
        down="ruleDown"
        hint="Up is what clients send, down what they receive. Without a unit a figure is in KB/s."
      />
      <QuotaFields {...props} />
      <More {...props} />
    </div>
  )
}

// --- internal ---

function More(props: LimitsFieldsProps): ReactNode {
  const { errors, more, protocol } = props
  const hasError = moreFields.some((field) => errors[field] !== undefined)
  // Once open it stays so: taking a limit back must not fold the part away under one's hand.
  const [open, setOpen] = useState(more > 0)
  const one = protocol === 'udp' ? 'session' : 'connection'
  return (
    <details
      className={styles.more}
      open={open || hasError}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>More limits{more > 0 && <span className={styles.count}> {more} set</span>}</summary>
      <div className={styles.fields}>
        <Rates {...props} title="Each address" up="sourceUp" down="sourceDown" />
        <Rates {...props} title={`Each ${one}`} up="connectionUp" down="connectionDown" />
        <div className={`${styles.row} ${styles.last}`}>
          <Text
            {...props}
            field="newConnectionsPerSecond"
            label="New each second"
            describe={`New ${one}s each second`}
            inputMode="numeric"
          />
          <Text {...props} field="expiresAt" label="Runs until" type="datetime-local" placeholder="" />
        </div>
      </div>
    </details>
  )
}

function Rates(
  props: LimitsFieldsProps & {
    title: string
    up: 'ruleUp' | 'sourceUp' | 'connectionUp'
    down: 'ruleDown' | 'sourceDown' | 'connectionDown'
    hint?: string
  },
): ReactNode {
  const { title, up, down, hint, ...rest } = props
  return (
    <fieldset className={styles.group}>
      <legend>{title}</legend>
      <div className={styles.row}>
        <Text {...rest} field={up} label="Up" describe={`Up, ${title.toLowerCase()}`} />
        <Text {...rest} field={down} label="Down" describe={`Down, ${title.toLowerCase()}`} />
      </div>
      {hint !== undefined && <p className={styles.hint}>{hint}</p>}
    </fieldset>
  )
}

function QuotaFields(props: LimitsFieldsProps): ReactNode {
  const { form, onCommit } = props
  const isSet = form.quotaBytes.trim() !== ''
  return (
    <fieldset className={styles.group}>
      <legend>Quota</legend>
      <div className={styles.row}>
        <Text {...props} field="quotaBytes" label="Amount" describe="Quota" />
        <Select
          label="Each"
          value={form.period}
          options={periods}
          onChange={(period) => {
            onCommit({ period })
          }}
        />
      </div>
      {isSet && (
        <>
          <div className={styles.row}>
            <Select
              label="Counts"
              value={form.counts}
              options={counted}
              onChange={(counts) => {
                onCommit({ counts })
              }}
            />
            <Select
              label="When used up"
              value={form.then}
              options={endings}
              onChange={(then) => {
                onCommit({ then })
              }}
            />
          </div>
          {form.then === 'slow' && (
            <div className={styles.row}>
              <Text {...props} field="slowRate" label="Then all together at" />
            </div>
          )}
          <p className={styles.hint}>
            {form.then === 'stop'
              ? `Every connection ends and new ones are refused until ${nextPeriod(form.period)}.`
              : `Both ways go no faster than that until ${nextPeriod(form.period)}.`}
          </p>
        </>
      )}
    </fieldset>
  )
}

function nextPeriod(period: Quota['period']): string {
  return period === 'day' ? 'midnight' : 'the first of the next month'
}

interface TextProps extends LimitsFieldsProps {
  field: LimitField
  label: string
  /** Its whole name, where the label leans on the title of its group. */
  describe?: string
  inputMode?: 'numeric'
  type?: 'datetime-local'
  placeholder?: string
}

function Text(props: TextProps): ReactNode {
  const { form, errors, field, label, describe, onChange, onCommit, inputMode, type } = props
  return (
    <TextField
      label={label}
      aria-label={describe}
      placeholder={props.placeholder ?? 'no limit'}
      {...(inputMode === undefined ? {} : { inputMode })}
      {...(type === undefined ? {} : { type })}
      value={form[field]}
      error={errors[field] ?? null}
      onChange={(value) => {
        onChange({ [field]: value })
      }}
      onBlur={() => {
        onCommit({})
      }}
    />
  )
}
