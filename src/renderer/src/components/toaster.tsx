import { useEffect, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button, IconButton } from './button'
import { classes } from './classes'
import { X } from './icons'
import { dismissToast, toastStore, type Toast } from './toasts'
import styles from './toaster.module.css'

const SHOWN_MS = 6000
const SHOWN_WITH_ACTION_MS = 10_000

/** Draws the toasts. They stay while the pointer or the focus is on them; a fault stays until it is dismissed. */
export function Toaster(): ReactNode {
  const toasts = useStore(toastStore, (state) => state.toasts)
  const [held, setHeld] = useState(false)
  return (
    <section
      aria-label="Messages"
      className={styles.toaster}
      onPointerEnter={() => {
        setHeld(true)
      }}
      onPointerLeave={() => {
        setHeld(false)
      }}
      onFocus={() => {
        setHeld(true)
      }}
      onBlur={() => {
        setHeld(false)
      }}
    >
      <div role="status" aria-live="polite" className={styles.stack}>
        {toasts.map((toast) => (
          <Item key={toast.id} toast={toast} held={held} />
        ))}
      </div>
    </section>
  )
}

function Item({ toast, held }: { toast: Toast; held: boolean }): ReactNode {
  useEffect(() => {
    if (held || toast.tone === 'fault') return
    const timer = setTimeout(
      () => {
        dismissToast(toast.id)
      },
      toast.action === null ? SHOWN_MS : SHOWN_WITH_ACTION_MS,
    )
    return () => {
      clearTimeout(timer)
    }
  }, [toast, held])
  return (
    <div className={classes(styles.toast, toast.tone === 'fault' && styles.fault)}>
      <div className={styles.words}>
        <p>{toast.text}</p>
        {toast.more !== null && <p className={styles.more}>{toast.more}</p>}
      </div>
      {toast.action !== null && (
        <Button
          size="s"
          onClick={() => {
            dismissToast(toast.id)
            toast.action?.run()
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton
        size="s"
        label="Dismiss"
        onClick={() => {
          dismissToast(toast.id)
        }}
      >
        <X size={14} />
      </IconButton>
    </div>
  )
}
