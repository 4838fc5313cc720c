import { useState, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { TextField } from '../../components/field'
import { X } from '../../components/icons'
import { valueOf } from '../../stores/call'
import styles from './server-pane.module.css'

interface FileListProps {
  label: string
  files: readonly string[]
  placeholder: string
  /** Shown while nothing is listed. */
  hint: string
  error: string | null
  onChange: (files: readonly string[]) => void
}

/** Files of a server: typed, or taken from a picker. */
export function FileList({ label, files, placeholder, hint, error, onChange }: FileListProps): ReactNode {
  const [path, setPath] = useState('')
  const add = (file: string): void => {
    const text = file.trim()
    if (text !== '' && !files.includes(text)) onChange([...files, text])
    setPath('')
  }
  const pick = async (): Promise<void> => {
    const file = await valueOf(window.api.app['app.pickKeyFile'](undefined))
    if (file !== null) add(file)
  }
  return (
    <>
      {files.length > 0 && (
        <ul className={styles.files}>
          {files.map((file) => (
            <li key={file} className={styles.file}>
              <span className="mono selectable">{file}</span>
              <IconButton
                size="s"
                label={`Take ${file} away`}
                onClick={() => {
                  onChange(files.filter((other) => other !== file))
                }}
              >
                <X size={14} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.adder}>
        <TextField
          label={label}
          mono
          value={path}
          placeholder={placeholder}
          hint={files.length === 0 ? hint : undefined}
          error={error}
          onChange={setPath}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || path.trim() === '') return
            event.preventDefault()
            add(path)
          }}
          onBlur={() => {
            add(path)
          }}
        />
        <Button
          aria-label={`Choose a ${label.toLowerCase()}`}
          onClick={() => {
            void pick()
          }}
        >
          Choose…
        </Button>
      </div>
    </>
  )
}
