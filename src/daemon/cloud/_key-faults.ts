/** What cannot be sealed or opened, in the same words everywhere. */
import { WarrenError } from '@shared/errors'
import { wordOf } from '@sync'
import type { SealedField } from './types'

export function noSealing(): WarrenError {
  return new WarrenError('cloud.no-sealing', 'This cloud server keeps no sealed secrets, so none is sent.', {
    fix: 'Keep the secret on this machine; others are asked for theirs.',
  })
}

export function noKeyYet(): WarrenError {
  return new WarrenError('cloud.key-locked', 'The account has no key to seal secrets with yet.', {
    fix: 'Make one first: its recovery code is shown once.',
  })
}

export function keyLocked(): WarrenError {
  return new WarrenError('cloud.key-locked', 'The secrets are locked on this machine.', {
    fix: 'Give the recovery code of the account once.',
  })
}

export function keyExists(): WarrenError {
  return new WarrenError('cloud.key-exists', 'The account has a key already.', {
    fix: 'Unlock it with its recovery code; if that is lost, make a new key.',
  })
}

export function teamKeyWaits(what: string): WarrenError {
  return new WarrenError('cloud.team-key-waiting', `The team's key for the ${what} is not here.`, {
    fix: 'Ask a member who has it to compare your fingerprint and give it to you.',
  })
}

export function notSealedFor({ field, serverAddress }: Pick<SealedField, 'field' | 'serverAddress'>): WarrenError {
  const message =
    serverAddress === null
      ? `The ${wordOf(field)} belongs to no server: the forward names none.`
      : `The ${wordOf(field)} for ${serverAddress} is not sealed text.`
  return new WarrenError('cloud.sealed-for-other', message, { field })
}
