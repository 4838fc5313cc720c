import { formatMilliseconds } from '@shared/format'
import type { CheckStep } from '@shared/snapshots'
import { Fragment, useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { Check, CircleAlert, Minus, X } from '../../../components/icons'
import { StateGlyph } from '../../../components/state-glyph'
import { checkForward, forgetCheck, useCheck } from '../../../stores/checks'
import { useForward } from '../../../stores/forwards'
import { ForwardFault } from './forward-fault'
import { Section } from '../../../detail/section'
import styles from './check-result.module.css'

const words = {
  ok: 'passed',
  warning: 'passed with a remark',
  failed: 'failed',
  skipped: 'not tried',
} as const satisfies Record<CheckStep['result'], string>

/** What the last check of a forward found, each step with its time and, where it failed, the way out. */
export function CheckResult({ forwardId }: { forwardId: string }): ReactNode {
  const check = useCheck(forwardId)
  const element = useRef<HTMLDivElement>(null)
  const state = check?.state
  useEffect(() => {
    if (state !== undefined) element.current?.scrollIntoView({ block: 'nearest' })
  }, [state])
  if (check === undefined) return null
  return (
    <div ref={element} className={styles.place}>
      <Section
        title="Check"
        aside={
          <>
            {check.state !== 'running' && (
              <Button size="s" kind="quiet" onClick={() => void checkForward(forwardId)}>
                Check again
              </Button>
            )}
            <IconButton
              size="s"
              label="Close the check"
              onClick={() => {
                forgetCheck(forwardId)
              }}
            >
              <X size={14} />
            </IconButton>
          </>
        }
      >
        <p role="status" className={styles.verdict}>
          {check.state === 'running' && <StateGlyph state="connecting" labelled={false} />}
          {check.state === 'running' ? 'Trying each step of a start…' : check.state === 'done' && verdict(check.steps)}
        </p>
        {check.state === 'failed' && <FaultView fault={check.fault} />}
        {check.state === 'done' && (
          <>
            <Failures steps={check.steps} forwardId={forwardId} />
            <Steps steps={check.steps} />
          </>
        )}
      </Section>
    </div>
  )
}

// --- internal ---

/** Why and what to do, before the long list of what went well; what the pane says already is not said twice. */
function Failures({ steps, forwardId }: { steps: readonly CheckStep[]; forwardId: string }): ReactNode {
  const said = useForward(forwardId)?.snapshot
  return steps.map(
    ({ fault, step }, index) =>
      fault !== null &&
      (said?.state === 'stopped' || said?.reason?.message !== fault.message) && (
        <ForwardFault key={index} forwardId={forwardId} fault={fault} tone={step === 'target' ? 'waiting' : 'failed'} />
      ),
  )
}

function Steps({ steps }: { steps: readonly CheckStep[] }): ReactNode {
  return (
    <ol className={styles.steps}>
      {steps.map((step, index) => (
        <Fragment key={index}>
          {step.server !== null && step.server !== steps[index - 1]?.server && (
            <li className={styles.server}>{step.server}</li>
          )}
          <Step step={step} />
        </Fragment>
      ))}
    </ol>
  )
}

function Step({ step: { detail, milliseconds, result, title } }: { step: CheckStep }): ReactNode {
  return (
    <li className={styles.step} data-result={result}>
      <span className={styles.mark} role="img" aria-label={words[result]}>
        {mark(result)}
      </span>
      <span className={styles.title}>{title}</span>
      <span className={styles.time}>{result === 'skipped' ? '' : formatMilliseconds(milliseconds)}</span>
      <span className={`${styles.detail} selectable`}>{detail}</span>
    </li>
  )
}

function mark(result: CheckStep['result']): ReactNode {
  switch (result) {
    case 'ok':
      return <Check size={14} />
    case 'warning':
      return <CircleAlert size={14} />
    case 'failed':
      return <X size={14} />
    case 'skipped':
      return <Minus size={14} />
  }
}

/** A forward starts whether or not its target answers; its clients would notice. */
function verdict(steps: readonly CheckStep[]): string {
  const failures = steps.filter(({ result }) => result === 'failed')
  const failed = failures.filter(({ step }) => step !== 'target').map(stepName)
  if (failures.length === 0) return 'A start would succeed.'
  if (failed.length === 0) return 'A start would succeed, but connections would fail at the target.'
  return `A start would fail at ${new Intl.ListFormat('en').format([...new Set(failed)])}.`
}

function stepName({ server, title }: CheckStep): string {
  return `the ${title.toLowerCase()}${server === null ? '' : ` of ${server}`}`
}
