/** What an entry of the audit says, in words. Pure. */
import { cloudFieldNames, teamRoles, type CloudAuditEntry, type CloudField } from '@shared/cloud-views'
import { fieldList, roleWords } from '@shared/cloud-words'

/** What somebody did, as the rest of a sentence about them. What a newer server adds is shown as it is. */
export function auditSentence({
  action,
  subject,
  detail,
}: Pick<CloudAuditEntry, 'action' | 'subject' | 'detail'>): string {
  switch (action) {
    case 'team.create':
      return 'made the team'
    case 'team.dissolve':
      return 'dissolved the team'
    case 'member.invite':
      return `made a link for ${aRole(subject)}`
    case 'member.uninvite':
      return `withdrew a link for ${aRole(subject)}`
    case 'member.join':
      return `joined as ${aRole(detail)}`
    case 'member.leave':
      return 'left the team'
    case 'member.remove':
      return `removed ${subject}`
    case 'member.role':
      return `made ${subject} ${aRole(detail)}`
    case 'member.key':
      return 'published another key'
    case 'key.generation':
      return 'made a new key for the team'
    case 'key.copies':
      return `gave the key to ${subject}`
    case 'forward.create':
      return `added ${subject}`
    case 'forward.change':
      return `changed ${subject}: ${fieldsOf(detail)}`
    case 'forward.delete':
      return `deleted ${subject}`
    case 'forward.sync':
      return `synced ${subject.replace('port forward', 'forward')}${detail === '' ? '' : `: ${detail.replaceAll(ids, '')}`}`
    default:
      return [action, subject, detail].filter((part) => part !== '').join(' ')
  }
}

// --- internal ---

const ids = / \([\da-f-]{36}\)/g

function aRole(role: string): string {
  const known = teamRoles.find((each) => each === role)
  const name = known === undefined ? role : roleWords[known].name.toLowerCase()
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`
}

/** The server names the document's fields; one that has no word is named as it is. */
function fieldsOf(detail: string): string {
  const names = detail.split(', ').filter((name) => name !== '')
  const known = (name: string): name is CloudField => cloudFieldNames.some((field) => field === name)
  return names.every(known) ? fieldList(names) : detail
}
