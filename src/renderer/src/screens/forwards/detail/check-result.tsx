import type { Remedy } from '@shared/errors'
import { formatMilliseconds } from '@shared/format'
import type { CheckStep } from '@shared/snapshots'
import { Fragment, useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { FaultView, remedyLabel } from '../../../components/fault-view'
import { Check, CircleAlert, Minus, X } from '../../../components/icons'
import { StateGlyph } from '../../../components/state-glyph'
import { checkForward, forgetCheck, useCheck } from '../../../stores/checks'
import { applyRemedy } from '../../../stores/forward-actions'
import { useServer } from '../../../stores/servers'
import { Section } from './section'
import styles from './check-result.module.css'

const words = {
  ok: 'passed',
  warning: 'passed with a remark',
  failed: 'failed',
  skipped: 'not tried',
} as const satisfies Record<CheckStep['result'], string>

/** What the last check of a forward found, each step with its time and, where it failed, the way out. */
export function CheckResult({ forwardId, serverId }: { forwardId: string; serverId: string }): ReactNode {
  const check = useCheck(forwardId)
  const server = useServer(serverId)
  const element = useRef<HTMLDivElement>(null)
  const state = check?.state
  useEffect(() => {
    if (state !== undefined) element.current?.scrollIntoView({ block: 'nearest' })
  }, [state])
  if (check === undefined) return null
  const onRemedy = (remedy: Remedy): void => {
    void applyRemedy(forwardId, remedy)
  }
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
        {check.state === 'done' && <Steps steps={check.steps} serverName={server?.name} onRemedy={onRemedy} />}
      </Section>
    </div>
  )
}

// --- internal ---

interface StepsProps {
  steps: readonly CheckStep[]
  serverName: string | undefined
  onRemedy: (remedy: Remedy) => void
}

function Steps({ steps, ...rest }: StepsProps): ReactNode {
  return (
    <ol className={styles.steps}>
      {steps.map((step, index) => (
        <Fragment key={index}>
          {step.server !== null && step.server !== steps[index - 1]?.server && (
            <li className={styles.server}>{step.server}</li>
          )}
          <Step step={step} {...rest} />
        </Fragment>
      ))}
    </ol>
  )
}

function Step({ step, serverName, onRemedy }: { step: CheckStep } & Omit<StepsProps, 'steps'>): ReactNode {
  const { detail, fault, milliseconds, result, title } = step
  return (
    <li className={styles.step} data-result={result}>
      <span className={styles.mark} role="img" aria-label={words[result]}>
        {mark(result)}
      </span>
      <span className={styles.title}>{title}</span>
      <span className={styles.time}>{result === 'skipped' ? '' : formatMilliseconds(milliseconds)}</span>
      <span className={`${styles.detail} selectable`}>{detail}</span>
      {fault !== null && (fault.fix !== null || fault.remedy !== null) && (
        <span className={styles.fix}>
          {fault.fix !== null && <span className="selectable">{fault.fix}</span>}
          {fault.remedy !== null && <RemedyButton remedy={fault.remedy} serverName={serverName} onRemedy={onRemedy} />}
        </span>
      )}
    </li>
  )
}

function RemedyButton({
  remedy,
  serverName,
  onRemedy,
}: { remedy: Remedy } & Pick<StepsProps, 'serverName' | 'onRemedy'>): ReactNode {
  return (
    <Button
      size="s"
      onClick={() => {
        onRemedy(remedy)
      }}
    >
      {remedyLabel(remedy, serverName)}
    </Button>
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
  const failed = failures.filter(({ step }) => step !== 'target').map(({ title }) => `the ${title.toLowerCase()}`)
  if (failures.length === 0) return 'A start would succeed.'
  if (failed.length === 0) return 'A start would succeed, but connections would fail at the target.'
  return `A start would fail at ${new Intl.ListFormat('en').format([...new Set(failed)])}.`
}
