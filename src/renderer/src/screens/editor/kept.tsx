import type { ReactNode } from 'react'
import { Select } from '../../components/select'
import { classes } from '../../components/classes'
import { LOCAL, isTeam, moveMeaning, takesAway } from '../../sharing/words'
import { useCloud } from '../../stores/cloud'
import styles from './sharing.module.css'
import type { ForwardFormState } from './use-forward-form'

/** Where the forward is kept: this machine, the account, a team; and what a change of it means for others. */
export function Kept({ state: { sharing } }: { state: ForwardFormState }): ReactNode {
  const signedIn = useCloud(({ view }) => view !== null && view.account !== null)
  const { spaces, from, to, hindrance, problem } = sharing
  if (!signedIn && sharing.cloud === null) return null
  const isFixed = sharing.cloud?.editable === false || (hindrance !== null && to.namespace === LOCAL)
  const moves = from.namespace !== to.namespace
  return (
    <div className={styles.kept}>
      <Select
        label="Kept"
        value={to.namespace}
        disabled={isFixed}
        error={problem}
        hint={isFixed ? fixedWords(sharing) : undefined}
        options={spaces.map((space) => ({
          value: space.namespace,
          label: isTeam(space) ? `Team ${space.name}` : space.name,
          hint: space.who,
          disabled: !space.mayWrite && space.namespace !== from.namespace,
        }))}
        onChange={sharing.setSpace}
      />
      {moves && problem === null && (
        <p className={classes(styles.meaning, takesAway(from, to) && styles.warning)} role="status">
          {moveMeaning(from, to)}
        </p>
      )}
    </div>
  )
}

// --- internal ---

function fixedWords({ cloud, from, hindrance }: ForwardFormState['sharing']): string | null {
  return cloud?.editable === false ? `It belongs to ${from.name}. Duplicate it to have one of your own.` : hindrance
}
