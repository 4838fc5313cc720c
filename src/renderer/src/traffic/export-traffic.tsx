import type { ReactNode } from 'react'
import { Button } from '../components/button'
import { openMenu } from '../components/menu'
import { showToast } from '../components/toasts'
import { valueOf } from '../stores/call'

export interface ExportTrafficProps {
  /** `null`: all forwards and relays. */
  id: string | null
  /** Its name, for the name of the file. */
  name: string | null
}

const choices = [
  { by: 'day', format: 'csv', label: 'Days as CSV…' },
  { by: 'hour', format: 'csv', label: 'Hours of the last 32 days as CSV…' },
  { by: 'day', format: 'json', label: 'Days as JSON…' },
  { by: 'hour', format: 'json', label: 'Hours of the last 32 days as JSON…' },
] as const

/** Writes what was counted into a file of the person's choice. */
export function ExportTraffic({ id, name }: ExportTrafficProps): ReactNode {
  const write = async (choice: (typeof choices)[number]): Promise<void> => {
    const { by, format } = choice
    const done = await valueOf(window.api.app['app.exportTraffic']({ id, name, by, format }))
    if (done !== null) showToast({ text: `Exported to ${done.file}.` })
  }
  return (
    <Button
      size="s"
      kind="quiet"
      aria-haspopup="menu"
      onClick={(event) => {
        openMenu({
          label: 'Export the traffic',
          anchor: event.currentTarget,
          entries: choices.map((choice) => ({
            kind: 'item',
            label: choice.label,
            onSelect: () => {
              void write(choice)
            },
          })),
        })
      }}
    >
      Export
    </Button>
  )
}
