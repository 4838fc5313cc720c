/** What the window says about where a forward is kept and who shares it. Pure. */
import { PERSONAL, type CloudTeam, type CloudView, type ForwardCloud } from '@shared/cloud-views'
import type { ForwardDraft, ServerSpec } from '@shared/specs'

/** This machine only. */
export const LOCAL = 'local'

/** Where a forward can be kept. */
export interface Space {
  /** `local`, `personal` or the id of a team: what `cloud.share` takes. */
  readonly namespace: string
  readonly name: string
  /** Who has it then. */
  readonly who: string
  /** Whether this account may put forwards there and change them. */
  readonly mayWrite: boolean
}

export const localSpace: Space = {
  namespace: LOCAL,
  name: 'This machine only',
  who: 'nobody else has it',
  mayWrite: true,
}
const personalSpace: Space = {
  namespace: PERSONAL,
  name: 'Personal',
  who: 'your machines',
  mayWrite: true,
}

/** Where forwards can be kept; without an account there is no choice. */
export function spacesOf(view: Pick<CloudView, 'account' | 'teams'> | null): readonly Space[] {
  if (view === null || view.account === null) return [localSpace]
  return [localSpace, personalSpace, ...view.teams.map(teamSpace)]
}

export function teamSpace(team: Pick<CloudTeam, 'id' | 'name' | 'role'>): Space {
  const mayWrite = team.role !== 'user'
  return {
    namespace: team.id,
    name: team.name,
    who: mayWrite ? 'everybody in the team' : 'you may run them, not add any',
    mayWrite,
  }
}

/** The space a forward is in, also where the account knows it no more. */
export function spaceOf(cloud: ForwardCloud | null): Space {
  if (cloud === null) return localSpace
  if (cloud.namespace === PERSONAL) return personalSpace
  return { namespace: cloud.namespace, name: cloud.space, who: 'everybody in the team', mayWrite: cloud.editable }
}

export function isTeam({ namespace }: Pick<Space, 'namespace'>): boolean {
  return namespace !== LOCAL && namespace !== PERSONAL
}

/** What keeping it somewhere else means for others, and for one's other machines. */
export function moveMeaning(from: Space, to: Space): string {
  return [leavingMeaning(from, to), comingMeaning(to)].filter((part) => part !== null).join(' ')
}

/** Whether a move takes it away from other people. */
export function takesAway(from: Space, to: Space): boolean {
  return isTeam(from) && from.namespace !== to.namespace
}

/** Why a forward cannot be shared; `null` when it can. As the daemon decides it. */
export function notShareable(
  { portCount = 1, configLine = null }: Pick<ForwardDraft, 'portCount' | 'configLine'>,
  server?: Pick<ServerSpec, 'demo'>,
): string | null {
  if (configLine !== null) {
    return 'It is a line of your ssh config, which stays on this machine. Duplicate it to share the copy.'
  }
  if (portCount > 1) {
    return 'The cloud knows one port for each end, so a range cannot be shared. Share its ports one by one, or keep it on this machine only.'
  }
  return server?.demo === true ? 'It goes to the demo server inside this Warren, which nobody else can reach.' : null
}

/** Where this account stands below those who may change what is shared. */
export function readOnlyReason({ space }: Pick<ForwardCloud, 'space'>): string {
  return `You may run the forwards of ${space}, not change them: your role there is User. What is shared is read-only here; your own values are yours to change.`
}

/** The two places whose values differ, as the side that is not this machine is called. */
export function othersOf({ namespace, space }: Pick<ForwardCloud, 'namespace' | 'space'>): string {
  return namespace === PERSONAL ? 'your other machines' : space
}

export interface Remark {
  readonly tone: 'needs' | 'failed' | 'waiting'
  readonly text: string
}

/** What of its sharing is worth a sentence on its row; `null` when all is as it should be. */
export function remarkOf(cloud: ForwardCloud | null): Remark | null {
  if (cloud === null) return null
  if (cloud.state === 'conflict') {
    return { tone: 'needs', text: `Differs from ${othersOf(cloud)}: decide which counts` }
  }
  if (cloud.state === 'refused') {
    return { tone: 'failed', text: cloud.fault?.message ?? 'The cloud server refused the last change' }
  }
  return cloud.remapped === null ? null : { tone: 'waiting', text: remapLine(cloud.remapped) }
}

/** `Port 5433 here, since 5432 is taken`. */
export function remapLine({ from, to }: NonNullable<ForwardCloud['remapped']>): string {
  return `Port ${to} here, since ${from} is taken`
}

/** The state of sync of one forward, as a sentence without a full stop. */
export function stateWord({ state }: Pick<ForwardCloud, 'state'>): string {
  switch (state) {
    case 'synced':
      return 'in sync'
    case 'waiting':
      return 'waiting to be sent'
    case 'conflict':
      return 'waiting for your decision'
    case 'refused':
      return 'refused by the server'
  }
}

/** What a removal means for others; `null` where nobody else loses anything. */
export function removalMeaning(clouds: readonly (ForwardCloud | null)[]): string | null {
  const teams = clouds.filter((cloud) => cloud !== null).filter(isTeam)
  if (teams.length === 0) return null
  const names = new Intl.ListFormat('en').format([...new Set(teams.map(({ space }) => space))])
  return clouds.length === 1
    ? `It goes away for everybody in ${names}.`
    : `What belongs to ${names} goes away for everybody there.`
}

// --- internal ---

function leavingMeaning(from: Space, to: Space): string | null {
  if (from.namespace === to.namespace || from.namespace === LOCAL) return null
  if (from.namespace === PERSONAL) return to.namespace === LOCAL ? 'It goes away from your other machines.' : null
  return `It goes away for everybody in ${from.name}; who runs it at that moment is asked first.`
}

function comingMeaning(to: Space): string {
  if (to.namespace === LOCAL) return 'Here it stays as it is.'
  if (to.namespace === PERSONAL) return 'It comes to every machine where you sign in, and starts on none by itself.'
  return `Everybody in ${to.name} gets its ends, the address of its server, tags and description; it starts nowhere by itself. Your user name, keys and passwords stay here.`
}
