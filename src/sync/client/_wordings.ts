/** What a refusal means where nothing has a version: at accounts, teams and their invitations. */
import { CloudError, saidBy } from './_faults'
import type { ErrorCode } from '@shared/errors'

/** How the refusals of one status are told. */
export interface Wording {
  /** After the host, without an end: `refused the account`. */
  readonly deed: string
  /** `cloud.refused` where nothing else is said. */
  readonly code?: ErrorCode
  readonly fix: string | null
  /** What of the request it is about. */
  readonly field?: string
}
export type Wordings = Readonly<Partial<Record<number, Wording>>>

/** Resolves like `asked`; what the server refused is told as `wordings` say for its status, with the server's own sentence. */
export async function reworded<T>(asked: Promise<T>, host: string, wordings: Wordings): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof CloudError) || error.status === null || !REFUSALS.includes(error.code)) throw error
    const wording = wordings[error.status]
    if (wording === undefined) throw error
    const { deed, code = 'cloud.refused', fix, field = null } = wording
    throw new CloudError(code, `${host} ${deed}${saidBy(error)}.`, {
      ...{ status: error.status, fix, field },
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    })
  }
}

/** There a conflict is a refusal: nothing was changed meanwhile, and asking again changes nothing. */
export const conflicting: Wordings = { 409: { deed: 'refused it', fix: null } }

/** Of a change that would leave a team without an owner. */
export const lastOwner: Wordings = {
  409: { deed: 'refused it', fix: 'Make somebody else owner first, or dissolve the team.', field: 'role' },
}

const deadLink: Wording = {
  ...{ deed: 'does not take the link', code: 'cloud.not-found', field: 'link' },
  fix: 'Ask for a new link.',
}
const cutLink: Wording = { ...deadLink, fix: 'Check that the link is whole, or ask who sent it for a new one.' }

/** Of joining with a link. */
export const joining: Wordings = {
  404: cutLink,
  410: deadLink,
  409: { deed: 'refused the link', fix: 'There is nothing to join: the team is among yours.', field: 'link' },
}

/** Of an account that is to be made. */
export function registering(hasInvitation: boolean): Wordings {
  const link = { ...cutLink, deed: 'refused the account', code: 'cloud.refused' } as const
  return {
    403: hasInvitation ? link : { ...link, fix: 'Ask for the link of an invitation.' },
    404: link,
    410: { ...link, fix: deadLink.fix },
    409: {
      ...{ deed: 'refused the account', field: 'email' },
      fix: 'When the account is yours, sign in to it, and join the team with the link then.',
    },
  }
}

// --- internal ---

/** Of an answer that says why; not of a server that has no such route, nor of something that is no cloud server. */
const REFUSALS: readonly ErrorCode[] = ['cloud.forbidden', 'cloud.not-found', 'cloud.changed-meanwhile']
