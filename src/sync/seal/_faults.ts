/** What sealing refuses, in one place. */
import { WarrenError } from '@shared/errors'
import type { TeamOfMine } from './types'

export function roleTooLow({ name }: TeamOfMine): WarrenError {
  return new WarrenError('cloud.forbidden', `As a user of ${name} you cannot make its key.`, {
    fix: 'An owner or developer shares the first secret.',
  })
}

export function keyWaits({ name }: TeamOfMine): WarrenError {
  return new WarrenError('cloud.team-key-waiting', `The key of ${name} was not given to you yet.`, {
    fix: 'Ask a member who has it to compare your fingerprint and give it to you.',
  })
}

export function otherIdentity(): WarrenError {
  return new WarrenError('cloud.key-locked', 'The account has another key than this machine.', {
    fix: 'Unlock the secrets with the newest recovery code.',
  })
}

export function memberHasNoKey(email: string | undefined): WarrenError {
  return new WarrenError('cloud.not-found', `${email ?? 'The member'} has no key of their own yet.`, {
    fix: "They make one in Warren; then it can be given the team's.",
  })
}

export function memberKeyChanged(email: string): WarrenError {
  return new WarrenError('cloud.key-changed', `The key of ${email} is another one than the one you compared.`, {
    fix: 'Compare the fingerprint with them anew, not over this server.',
    field: 'fingerprint',
  })
}
