import { PERSONAL } from '@shared/cloud-views'
import { Fragment, useId, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { remapLine } from '../../sharing/words'
import styles from './sharing.module.css'
import type { RowId, SharedRow } from './shared-fields'
import type { ForwardFormState } from './use-forward-form'

/** What is shared and what this machine has, side by side, as the form would save it. */
export function SharedColumns({ state }: { state: ForwardFormState }): ReactNode {
  const { sharing } = state
  const { cloud, rows, from, to } = sharing
  const title = useId()
  if (cloud === null || from.namespace !== to.namespace) return null
  const isPersonal = cloud.namespace === PERSONAL
  return (
    <section className={styles.columns} aria-labelledby={title}>
      <h2 id={title} className={styles.title}>
        Shared and mine
      </h2>
      {cloud.remapped !== null && (
        <p className={styles.warning}>{remapLine(cloud.remapped)}. Others keep their port.</p>
      )}
      {rows.length === 0 ? (
        <p className={styles.note}>It has not reached the server yet; until then there is nothing to compare.</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{isPersonal ? 'Shared with your machines' : `Shared with ${cloud.space}`}</th>
              <th scope="col">On this machine</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} state={state} />
            ))}
          </tbody>
        </table>
      )}
      <p className={styles.note}>
        Never shared: starting with Warren, favourite, limits, health checks, dialling on demand, and the login, keys
        and jumps of the server.
      </p>
    </section>
  )
}

// --- internal ---

const ends: ReadonlySet<RowId> = new Set<RowId>(['listenPort', 'listenAddress', 'targetHost', 'targetPort'])

function Row({ row, state: { sharing } }: { row: SharedRow; state: ForwardFormState }): ReactNode {
  const { cloud } = sharing
  const isTeam = cloud?.namespace !== PERSONAL
  const editable = cloud?.editable === true
  const forAll = !row.own && row.differs
  const mono = ends.has(row.id) ? 'mono' : undefined
  const isNever = row.id === 'username' && isTeam
  return (
    <Fragment>
      <tr className={styles.head}>
        <th scope="rowgroup" colSpan={2}>
          <span className={styles.label}>
            {row.label}
            {row.own && <span className={styles.own}>mine</span>}
            {forAll && editable && <span className={styles.forAll}>changes for {isTeam ? 'everybody' : 'all'}</span>}
            <span className={styles.actions}>
              {row.choosable && (row.own || forAll) && (
                <Choice row={row} own={false} sharing={sharing} word="Use the shared value" />
              )}
              {row.choosable && !row.own && <Choice row={row} own sharing={sharing} word="Keep my own" />}
            </span>
          </span>
        </th>
      </tr>
      <tr className={styles.values} data-own={row.own || undefined}>
        <td className={mono}>{isNever ? <i>stays with each person</i> : (row.shared ?? <i>nothing</i>)}</td>
        <td className={mono}>{row.mine ?? <i>{row.id === 'username' ? 'your name on this machine' : 'nothing'}</i>}</td>
      </tr>
    </Fragment>
  )
}

function Choice(props: {
  row: SharedRow
  own: boolean
  sharing: ForwardFormState['sharing']
  word: string
}): ReactNode {
  const { row, own, sharing, word } = props
  return (
    <Button
      size="s"
      kind="quiet"
      className={styles.choice}
      onClick={() => {
        sharing.choose(row.id, own)
      }}
    >
      <span aria-hidden="true">{word}</span>
      <span className="sr-only">
        {word}: {row.label}
      </span>
    </Button>
  )
}
