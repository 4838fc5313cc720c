import { PERSONAL, type CloudRun, type ForwardCloud } from '@shared/cloud-views'
import { clockTime, conflictSentence } from '@shared/cloud-words'
import type { ForwardView } from '@shared/snapshots'
import { useCallback, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { openMenu } from '../../../components/menu'
import { Fact } from '../../../detail/fact'
import facts from '../../../detail/facts.module.css'
import pane from '../../../detail/pane.module.css'
import { Section } from '../../../detail/section'
import { secretNames } from '../../../sharing/secret-words'
import { notShareable, othersOf, remapLine, stateWord } from '../../../sharing/words'
import { useClock } from '../../../stores/clock'
import { useCloud } from '../../../stores/cloud'
import { useServer } from '../../../stores/servers'
import { moveEntries, showConflictOf } from '../../../stores/share-actions'
import { formOf } from '../../editor/form'
import { ownValues, sharedRows } from '../../editor/shared-fields'
import styles from './sharing.module.css'
import { useRuns } from './use-runs'

/** Where a forward is kept, how its sync stands, who runs it now, and what of it is this machine's own. */
export function Sharing({ view }: { view: ForwardView }): ReactNode {
  const signedIn = useCloud((state) => state.view !== null && state.view.account !== null)
  const { cloud, spec } = view
  if (cloud === null) return signedIn && spec.configLine === null ? <Local view={view} /> : null
  return (
    <Section title="Sharing" aside={cloud.editable && <Move id={spec.id} />}>
      <p>{stateLine(cloud)}</p>
      <Conflict view={view} />
      {cloud.state === 'refused' && cloud.fault !== null && <FaultView fault={cloud.fault} />}
      {cloud.remapped !== null && (
        <p className={pane.notice}>
          {remapLine(cloud.remapped)}. For {othersOf(cloud)} nothing changes.
        </p>
      )}
      {!cloud.editable && (
        <p className={styles.note}>Your role in {cloud.space} is User: you run it, others change it.</p>
      )}
      <RunsNow view={view} cloud={cloud} />
      <Own view={view} cloud={cloud} />
    </Section>
  )
}

// --- internal ---

function Local({ view: { spec } }: { view: ForwardView }): ReactNode {
  const why = notShareable(spec, useServer(spec.serverId))
  return (
    <Section title="Sharing" aside={why === null && <Move id={spec.id} word="Share…" />}>
      <p className={styles.note}>Kept on this machine only. {why}</p>
    </Section>
  )
}

function Move({ id, word = 'Move…' }: { id: string; word?: string }): ReactNode {
  return (
    <Button
      size="s"
      kind="quiet"
      aria-haspopup="menu"
      onClick={(event) => {
        openMenu({ label: word, anchor: event.currentTarget, entries: moveEntries([id]) })
      }}
    >
      {word}
    </Button>
  )
}

function stateLine(cloud: ForwardCloud): string {
  const where = cloud.namespace === PERSONAL ? 'On all machines where you sign in' : `Shared with ${cloud.space}`
  return `${where}, ${stateWord(cloud)}.`
}

/** A decision that waits: it has a screen of its own. */
function Conflict({ view: { spec, cloud } }: { view: ForwardView }): ReactNode {
  const conflict = useCloud((state) => state.conflicts.find((each) => each.forwardId === spec.id))
  if (cloud?.state !== 'conflict') return null
  return (
    <div className={styles.conflict}>
      <p>
        {conflict === undefined ? 'Both sides changed it.' : conflictSentence(conflict)} Nothing was overwritten; what
        you change here waits until you decide.
      </p>
      <Button
        size="s"
        onClick={() => {
          showConflictOf(spec.id)
        }}
      >
        Decide…
      </Button>
    </div>
  )
}

function RunsNow({ view, cloud }: { view: ForwardView; cloud: ForwardCloud }): ReactNode {
  const { wanted, state, since } = view.snapshot
  const runs = useRuns(view.spec.id, `${wanted} ${state} ${since} ${cloud.state} ${cloud.activeElsewhere}`)
  return (
    <div className={styles.part}>
      <h3 className={styles.title}>Runs now</h3>
      <RunList runs={runs} activeElsewhere={cloud.activeElsewhere} />
    </div>
  )
}

function RunList({ runs, activeElsewhere }: { runs: ReturnType<typeof useRuns>; activeElsewhere: boolean }): ReactNode {
  if (runs.state === 'asking') return <p className={styles.note}>Asking the server…</p>
  if (runs.state === 'unknown') {
    const word = activeElsewhere ? 'It ran somewhere else when the server was last asked. ' : ''
    return (
      <p className={styles.note}>
        {word}
        {runs.fault.message}
      </p>
    )
  }
  if (runs.list.length === 0) return <p className={styles.note}>Nobody, as far as the server knows.</p>
  return (
    <ul className={styles.runs}>
      {runs.list.map((run) => (
        <Run key={run.deviceId} run={run} />
      ))}
    </ul>
  )
}

function Run({ run }: { run: CloudRun }): ReactNode {
  const since = useClock(useCallback((now: number) => clockTime(run.since, now), [run.since]))
  return (
    <li className={styles.run}>
      <span className={styles.device} data-tip={run.deviceName} data-tip-when="cut">
        {run.isThisDevice ? 'This machine' : run.deviceName}
      </span>
      <span className={styles.person} data-tip={run.user} data-tip-when="cut">
        {run.user}
      </span>
      <span className={styles.since}>since {since}</span>
    </li>
  )
}

/** What of it is otherwise here, and which secrets come with it. */
function Own({ view: { spec }, cloud }: { view: ForwardView; cloud: ForwardCloud }): ReactNode {
  const server = useServer(spec.serverId)
  const own = ownValues(sharedRows({ form: formOf(spec), spec, cloud, server }))
  if (own.length === 0 && cloud.secrets.length === 0) return null
  return (
    <dl className={facts.facts}>
      {own.map((row) => (
        <Fact key={row.id} name={`${row.label}, mine`}>
          {row.mine ?? 'nothing'} <span className={styles.note}>· shared: {row.shared ?? 'nothing'}</span>
        </Fact>
      ))}
      {cloud.secrets.length > 0 && <Fact name="Shared secrets">{secretLine(cloud)}</Fact>}
    </dl>
  )
}

function secretLine({ secrets }: ForwardCloud): string {
  const words = secrets.map(({ kind, readable }) =>
    readable ? secretNames[kind] : `${secretNames[kind]} (locked on this machine)`,
  )
  return new Intl.ListFormat('en').format(words)
}
