/** What the window says about secrets that come sealed with a shared forward. Pure. */
import { PERSONAL, type CloudTeam, type CloudView, type ForwardCloud } from '@shared/cloud-views'
import { keyWords, teamKeyWords } from '@shared/cloud-words'

export type SecretKind = ForwardCloud['secrets'][number]['kind']
export const secretKinds = ['password', 'keyContent', 'passphrase'] as const satisfies readonly SecretKind[]

export const secretNames: Readonly<Record<SecretKind, string>> = {
  password: 'password',
  keyContent: 'private key',
  passphrase: 'passphrase of the key',
}

/** Why no secret can be shared with a forward from here, and where to go for it. */
export interface SecretHindrance {
  readonly text: string
  readonly action: { readonly label: string; readonly to: 'account' | 'team' } | null
}

export function secretHindrance(
  view: Pick<CloudView, 'key'> | null,
  cloud: Pick<ForwardCloud, 'namespace'>,
  team: Pick<CloudTeam, 'key'> | undefined,
): SecretHindrance | null {
  switch (view?.key ?? 'unsupported') {
    case 'unsupported':
      return { text: keyWords.unsupported, action: null }
    case 'none':
      return {
        text: 'Your account has no key yet. It seals secrets on this machine, so that the server cannot read them.',
        action: { label: 'Make the key…', to: 'account' },
      }
    case 'locked':
      return { text: keyWords.locked, action: { label: 'Unlock…', to: 'account' } }
    case 'ready':
      break
  }
  if (cloud.namespace === PERSONAL || team === undefined) return null
  return team.key === 'waiting' ? { text: teamKeyWords.waiting, action: { label: 'Show the team', to: 'team' } } : null
}

/** Who can read what is shared. */
export function readersOf({ namespace, space }: Pick<ForwardCloud, 'namespace' | 'space'>): string {
  return namespace === PERSONAL
    ? 'Sealed on this machine. Only you can open it, where you typed your recovery code; the server cannot.'
    : `Sealed on this machine. Every member of ${space} who holds the key of the team can open and use it; the server cannot.`
}

/** What taking it back does not do. */
export function takenBackWords(
  { namespace, space }: Pick<ForwardCloud, 'namespace' | 'space'>,
  server: string,
): string {
  return namespace === PERSONAL
    ? 'Your other machines lose it with the next sync.'
    : `The members of ${space} lose it with the next sync. Who used it may know it still: change it on ${server} too.`
}
