import type { CloudAuditEntry } from '@shared/cloud-views'

const actions: Readonly<Record<string, string>> = {
  'team.create': 'made the team',
  'team.dissolve': 'dissolved the team',
  'member.invite': 'made a link for',
  'member.uninvite': 'withdrew the link for',
  'member.join': 'joined',
  'member.leave': 'left',
  'member.remove': 'removed',
  'member.role': 'changed the role of',
  'member.key': 'published another key',
  'key.generation': 'made a new key for the team',
  'key.copies': 'gave the key to',
  'forward.create': 'added',
  'forward.change': 'changed',
  'forward.delete': 'deleted',
  'forward.sync': 'synced',
}

/** An action in words; what a newer server adds is shown as it is. */
export function auditAction({ action }: Pick<CloudAuditEntry, 'action'>): string {
  return actions[action] ?? action
}
