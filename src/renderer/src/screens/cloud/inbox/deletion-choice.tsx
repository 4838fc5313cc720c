import type { CloudConflict } from '@shared/cloud-views'
import { cloudFieldWords } from '@shared/cloud-words'
import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { Button } from '../../../components/button'
import { useForward } from '../../../stores/forwards'
import { Value, type FieldChoicesProps } from './field-choices'
import styles from './inbox.module.css'
import { placeOf, sideValue } from './values'

/** One side deleted it, the other changed it since: it stays for both, goes for both, or stays here alone. */
export function DeletionChoice({ conflict, busy, onDecide }: FieldChoicesProps): ReactNode {
  const place = placeOf(conflict)
  const there = conflict.kind === 'deleted-there'
  return (
    <div className={styles.form}>
      <p>
        {there
          ? conflict.fields.length > 0
            ? `It was deleted in ${place}. Here you changed it since, so it was not removed.`
            : `It was deleted in ${place}. It runs here, so it was not removed.`
          : `You deleted it. In ${place} it was changed since.`}
      </p>
      {there && conflict.forwardId !== null && <Live forwardId={conflict.forwardId} />}
      <Changes conflict={conflict} />
      <div className={styles.buttons}>
        <Button
          disabled={busy}
          onClick={() => {
            onDecide(there ? 'mine' : 'theirs')
          }}
        >
          {there ? `Put it back in ${place}` : 'Bring it back here'}
        </Button>
        <Button
          disabled={busy}
          onClick={() => {
            onDecide('local')
          }}
        >
          {there ? 'Keep it on this machine only' : 'Bring it back for this machine only'}
        </Button>
        <Button
          disabled={busy}
          onClick={() => {
            onDecide(there ? 'theirs' : 'mine')
          }}
        >
          {there ? 'Delete it here too' : `Delete it in ${place} too`}
        </Button>
      </div>
    </div>
  )
}

// --- internal ---

/** What a deletion here would cut. */
function Live({ forwardId }: { forwardId: string }): ReactNode {
  const connections = useForward(forwardId)?.snapshot.connections ?? 0
  if (connections === 0) return null
  return <p className={styles.live}>{plural(connections, 'connection')} would end if it is deleted here.</p>
}

function Changes({ conflict }: { conflict: CloudConflict }): ReactNode {
  const { fields, base, mine, theirs, kind } = conflict
  if (fields.length === 0) return null
  const now = kind === 'deleted-there' ? mine : theirs
  return (
    <div className={styles.scroll}>
      <table className={styles.sides} data-columns="2">
        <thead>
          <tr>
            <td />
            <th scope="col">
              {kind === 'deleted-there' ? 'Mine' : 'Theirs'}{' '}
              <span className={styles.where}>
                {kind === 'deleted-there' ? 'on this machine' : `in ${placeOf(conflict)}`}
              </span>
            </th>
            <th scope="col">
              Before <span className={styles.where}>what both had</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{cloudFieldWords[field]}</th>
              <td>
                <Value text={sideValue(now, base, field)} field={field} />
              </td>
              <td className={styles.base}>
                <Value text={sideValue(base, base, field)} field={field} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
