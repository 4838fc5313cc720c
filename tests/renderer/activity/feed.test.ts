import type { ActivityEvent } from '@shared/snapshots'
import { describe, expect, it } from 'vitest'
import { groupByDay, mergeEvents, MOST_EVENTS, narrow } from '../../../src/renderer/src/screens/activity/feed'

const event = (id: number, changes: Partial<ActivityEvent> = {}): ActivityEvent => ({
  id,
  at: new Date(2026, 0, 5, 12, 0, id % 60).toISOString(),
  kind: 'started',
  forwardId: null,
  serverId: null,
  subject: 'db',
  message: 'Listens on 127.0.0.1:5432.',
  code: null,
  ...changes,
})

describe('the feed', () => {
  it('holds each event once, newest first', () => {
    const merged = mergeEvents([event(2), event(1)], [event(3), event(2)])
    expect(merged.map(({ id }) => id)).toEqual([3, 2, 1])
  })

  it('is bounded', () => {
    const many = Array.from({ length: MOST_EVENTS + 10 }, (_, id) => event(id))
    const merged = mergeEvents(many, [])
    expect(merged).toHaveLength(MOST_EVENTS)
    expect(merged[0]?.id).toBe(MOST_EVENTS + 9)
  })

  it('is narrowed by kind and by every word', () => {
    const events = [
      event(3, { kind: 'failed', message: 'bastion refused it.', code: 'ssh.auth-failed' }),
      event(2),
      event(1),
    ]
    expect(narrow(events, { filter: 'trouble', search: '' }).map(({ id }) => id)).toEqual([3])
    expect(narrow(events, { filter: 'all', search: 'DB refused' }).map(({ id }) => id)).toEqual([3])
    expect(narrow(events, { filter: 'all', search: 'auth-failed' }).map(({ id }) => id)).toEqual([3])
    expect(narrow(events, { filter: 'changes', search: '' })).toEqual([])
  })

  it('is grouped by day in the words of the person', () => {
    const on = (day: number, id: number): ActivityEvent => event(id, { at: new Date(2026, 0, day, 1).toISOString() })
    const days = groupByDay([on(5, 3), on(4, 2), on(2, 1)], new Date(2026, 0, 5, 23))
    expect(days.map(({ label }) => label).slice(0, 2)).toEqual(['Today', 'Yesterday'])
    expect(days[2]?.key).toBe('2026-01-02')
    expect(days[2]?.events).toHaveLength(1)
  })
})
