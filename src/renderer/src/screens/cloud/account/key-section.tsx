import type { KeyState } from '@shared/cloud-views'
import { keyWords } from '@shared/cloud-words'
import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { confirmAction } from '../../../components/confirm'
import { FaultView } from '../../../components/fault-view'
import { TextField } from '../../../components/field'
import { StateGlyph } from '../../../components/state-glyph'
import { showToast } from '../../../components/toasts'
import { useTask, type Task } from '../../../stores/use-task'
import cloud from '../cloud-screen.module.css'
import styles from './key-section.module.css'
import { RecoveryCodeDialog } from './recovery-code-dialog'

/** The key that opens what is shared sealed; its code is shown once and opens it on other machines. `null`: not known yet. */
export function KeySection({ keyState }: { keyState: KeyState | null }): ReactNode {
  const [code, setCode] = useState<string | null>(null)
  const task = useTask()
  const make = async (): Promise<void> => {
    const made = await task.run(() => window.api.daemon['cloud.makeKey']({}))
    if (made !== null) setCode(made.value.recoveryCode)
  }
  const reset = async (): Promise<void> => {
    if (!(await agreesToReset())) return
    const made = await task.run(() => window.api.daemon['cloud.resetKey']({}))
    if (made !== null) setCode(made.value.recoveryCode)
  }
  return (
    <section className={cloud.section} aria-labelledby="key-title">
      <h2 id="key-title">Key for secrets</h2>
      <p className={cloud.note}>
        {keyState !== null && keyState !== 'unsupported' && (
          <span className={styles.glyph}>
            <StateGlyph state={glyphs[keyState]} labelled={false} />
          </span>
        )}
        {keyState === null ? 'Whether there is one is known when the server answers.' : keyWords[keyState]}
      </p>
      {keyState === 'locked' && <Unlock task={task} />}
      {task.fault !== null && <FaultView fault={task.fault} />}
      <div className={cloud.buttons}>
        {keyState === 'none' && (
          <Button busy={task.busy} onClick={() => void make()}>
            Make the key
          </Button>
        )}
        {(keyState === 'locked' || keyState === 'ready') && (
          <Button busy={task.busy} onClick={() => void reset()}>
            I lost the recovery code…
          </Button>
        )}
      </div>
      {code !== null && (
        <RecoveryCodeDialog
          code={code}
          onClose={() => {
            setCode(null)
          }}
        />
      )}
    </section>
  )
}

// --- internal ---

const glyphs = { none: 'stopped', locked: 'needs-you', ready: 'running' } as const

function agreesToReset(): Promise<boolean> {
  return confirmAction({
    title: 'Make a new key?',
    body:
      'Do this only when the recovery code is lost. Secrets that you shared for yourself alone are lost and must be typed again. ' +
      'Your teams see that your key is another one; a member who holds the key of a team must give it to you anew.',
    action: 'Make a new key',
    cancel: 'Keep the key',
  })
}

function Unlock({ task }: { task: Task }): ReactNode {
  const form = useId()
  const [code, setCode] = useState('')
  const [tried, setTried] = useState(false)
  const submit = async (): Promise<void> => {
    setTried(true)
    if (code.trim() === '') return
    const done = await task.run(() => window.api.daemon['cloud.unlock']({ recoveryCode: code.trim() }))
    if (done === null) return
    setCode('')
    showToast({ text: 'Unlocked. This machine opens the secrets that are shared with you.' })
  }
  return (
    <form
      id={form}
      className={styles.unlock}
      aria-label="Unlock the key"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <TextField
        label="Recovery code"
        mono
        value={code}
        error={tried && code.trim() === '' ? 'Type the recovery code.' : null}
        hint="The one you kept when the key was made. Spaces and dashes do not matter."
        onChange={setCode}
      />
      <Button type="submit" kind="primary" busy={task.busy}>
        Unlock
      </Button>
    </form>
  )
}
