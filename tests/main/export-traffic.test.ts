import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { TrafficRow } from '@shared/traffic'
import { allRows, exportTraffic, fileName } from '../../src/main/export-traffic'
import { dialog } from './electron-stub'

vi.mock('electron', () => import('./electron-stub'))

function rowsOf(count: number): readonly TrafficRow[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `relay-${index % 3}`,
    name: 'game',
    // Three of each hour, so that a page ends in the middle of one.
    from: new Date(Date.UTC(2026, 0, 1, Math.floor(index / 3))).toISOString(),
    up: index,
    down: 0,
    connections: 1,
  }))
}

describe('the export of traffic', () => {
  it('asks page after page, and keeps every row once', async () => {
    const rows = rowsOf(45_000)
    const asked: unknown[] = []
    const call = (_method: string, params: { from?: string; limit: number }): Promise<readonly TrafficRow[]> => {
      asked.push(params)
      const { from = '' } = params
      return Promise.resolve(rows.filter((row) => row.from >= from).slice(0, params.limit))
    }
    const all = await allRows({ call: call as never }, { id: null, by: 'hour' })
    expect(all).toEqual(rows)
    expect(asked).toHaveLength(3)
  })

  const choice = { id: null, name: null, by: 'day', format: 'csv' } as const
  const link = { call: () => Promise.resolve(rowsOf(2)) as never }

  it('writes the file that the person chose', async () => {
    const filePath = join(mkdtempSync(join(tmpdir(), 'warren-export-')), 'traffic.csv')
    dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath })
    expect(await exportTraffic(link, null, choice)).toEqual({ file: filePath })
    const lines = readFileSync(filePath, 'utf8').trim().split(/\r?\n/)
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('game')
  })

  it('asks nothing of the daemon when the person chose none, and says when a file cannot be written', async () => {
    const call = vi.fn()
    dialog.showSaveDialog.mockResolvedValueOnce({ canceled: true, filePath: '' })
    expect(await exportTraffic({ call }, null, choice)).toBeNull()
    expect(call).not.toHaveBeenCalled()
    dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath: '/proc/none/traffic.csv' })
    await expect(exportTraffic(link, null, choice)).rejects.toMatchObject({ code: 'export.unwritable' })
  })

  it('names its file after what is in it, whatever a relay is called', () => {
    const name = (text: string | null): string => fileName({ id: null, name: text, by: 'day', format: 'csv' })
    expect(name(null)).toBe('warren-traffic-days.csv')
    expect(name('game server')).toBe('warren-traffic-game-server-days.csv')
    expect(name('../../etc/passwd')).toBe('warren-traffic-etc-passwd-days.csv')
    expect(name('Müller & Söhne')).toBe('warren-traffic-Müller-Söhne-days.csv')
  })
})
