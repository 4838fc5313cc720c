/** The fields of the forward form: their words, and which field of a spec each one stands for. */
import type { ForwardType } from '@shared/specs'

export type FormField =
  | ('name' | 'serverId' | 'listenAddress' | 'listenPort' | 'targetHost' | 'targetPort' | 'tags' | 'description')
  | ('idleSeconds' | 'healthEvery' | 'healthPath' | 'healthStatus' | 'healthTarget' | 'proxyUsername')
export type FormErrors = Partial<Record<FormField, string>>

/** The form field that a path of the spec, or of a fault of the daemon, speaks of. */
export function fieldOf(type: ForwardType, path: string): FormField | null {
  const [head, part] = path.split('.')
  switch (head) {
    case 'name':
    case 'serverId':
    case 'tags':
    case 'description':
    case 'idleSeconds':
    case 'proxyUsername':
      return head
    case 'portCount':
      return 'listenPort'
    case 'health':
      return healthField(part)
    case 'bindAddress':
      return 'listenAddress'
    case 'bindPort':
      return 'listenPort'
    case 'localHost':
      return type === 'local' ? 'listenAddress' : 'targetHost'
    case 'localPort':
      return type === 'local' ? 'listenPort' : 'targetPort'
    case 'remoteHost':
      return type === 'remote' ? 'listenAddress' : 'targetHost'
    case 'remotePort':
      return type === 'remote' ? 'listenPort' : 'targetPort'
    default:
      return null
  }
}

/** The words a field goes by, in the form and at the head of its errors. */
export function fieldLabel(type: ForwardType, field: FormField): string {
  switch (field) {
    case 'name':
      return 'Name'
    case 'serverId':
      return 'Server'
    case 'listenAddress':
      return type === 'remote' ? 'Address on the server' : 'Address on this machine'
    case 'listenPort':
      return type === 'remote' ? 'Port on the server' : 'Port on this machine'
    case 'targetHost':
      return type === 'remote' ? 'Host here' : 'Target host'
    case 'targetPort':
      return type === 'remote' ? 'Port here' : 'Target port'
    case 'tags':
      return 'Tags'
    case 'description':
      return 'Description'
    case 'idleSeconds':
      return 'Close the session after (seconds)'
    case 'healthEvery':
      return 'Check every (seconds)'
    case 'healthPath':
      return 'Path'
    case 'healthStatus':
      return 'Expected status'
    case 'healthTarget':
      return 'Host to reach'
    case 'proxyUsername':
      return 'User name for clients'
  }
}

/** An issue of the schema ("must be 1 to 65535") as a sentence. */
export function sentenceOf(type: ForwardType, field: FormField, message: string): string {
  if (field === 'serverId') return 'Choose the server to go through.'
  return `${fieldLabel(type, field)} ${message}.`
}

// --- internal ---

function healthField(part: string | undefined): FormField {
  switch (part) {
    case 'path':
      return 'healthPath'
    case 'status':
      return 'healthStatus'
    case 'everySeconds':
      return 'healthEvery'
    default:
      return 'healthTarget'
  }
}
