/** After a new key of a team: what the one before sealed is sealed again, by one machine alone. */
import { generationOf, type PinStore, type TeamKeyView, type TeamOfMine } from '@sync'
import type { Keys, SealedFields } from './types'

export interface SealingAnewOptions {
  readonly pins: Pick<PinStore, 'keys'>
  readonly sealed: Pick<SealedFields, 'list' | 'replace'>
  readonly reseal: Keys['reseal']
  readonly teams: () => readonly TeamOfMine[]
  /** What is shared was heard of since the daemon started, and the server is there. */
  readonly isCurrent: () => boolean
  readonly log: (message: string) => void
  readonly now: () => number
}

/** So long the machine that made a key is left to seal with it. */
const PATIENCE_MS = 10 * 60 * 1000

/**
 * The machine that made the key does it at once: two that do it meet in a conflict, as no two texts that are sealed are the same. When it
 * ended before it was done, another one of its account does it, or it itself: whichever knew the key when it started, or for ten minutes,
 * and sees on the server that it is not done.
 */
export function createSealingAnew(options: SealingAnewOptions): (team: TeamOfMine, view: TeamKeyView) => Promise<void> {
  const { pins, sealed, reseal, isCurrent, log, now } = options
  const newestOf = (teamId: string): number => Math.max(0, ...pins.keys(teamId).map(({ generation }) => generation))
  const known = new Map(options.teams().map(({ id }) => [id, { generation: newestOf(id), since: -Infinity }]))

  const isLeftOver = ({ id }: TeamOfMine, generation: number): boolean => {
    const before = known.get(id)
    const since = before?.generation === generation ? before.since : now()
    known.set(id, { generation, since })
    return isCurrent() && now() - since >= PATIENCE_MS
  }
  return async (team, view) => {
    const { generation, isMaker, isMadeHere, key } = view
    const isDue = isMadeHere || isLeftOver(team, generation)
    if (!isDue || !isMaker || team.role === 'user' || key !== 'ready') return
    const changes = sealed.list(team.id).flatMap((field) => {
      const sealedWith = generationOf(field.text)
      if (sealedWith === null || sealedWith >= generation) return []
      const text = reseal(field, field)
      return text === null ? [] : [{ forwardId: field.forwardId, field: field.field, before: field.text, text }]
    })
    if (changes.length === 0) return
    await sealed.replace(changes)
    log(`${changes.length} secrets of ${team.name} are sealed with its new key.`)
  }
}
