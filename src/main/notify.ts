/** Shows one message of the desktop. */
import { Notification } from 'electron'
import { resource } from './paths'

export interface Notice {
  readonly title: string
  readonly body: string
  readonly onClick?: () => void
}

/** Shown messages are held until they close: a collected one would never hear its click. */
const shown = new Set<Notification>()

/** Returns whether this desktop can show messages at all. */
export function notify({ title, body, onClick }: Notice): boolean {
  if (!Notification.isSupported()) return false
  const notification = new Notification({ title, body, icon: resource('icon/icon-128.png') })
  shown.add(notification)
  const forget = (): void => void shown.delete(notification)
  notification.on('close', forget)
  notification.on('failed', forget)
  notification.on('click', () => {
    forget()
    onClick?.()
  })
  notification.show()
  return true
}
