import { describe, expect, it } from 'vitest'
import type { TrafficRow } from '@shared/traffic'
import { trafficCsv, trafficJson } from '@shared/traffic-export'

function row(name: string, more: Partial<TrafficRow> = {}): TrafficRow {
  return { id: 'r1', name, from: '2026-10-25T02:00:00+01:00', up: 9007199254740991, down: 0, connections: 3, ...more }
}

describe('exported traffic', () => {
  it('is CSV with a header line, plain numbers and quoted names', () => {
    expect(trafficCsv([row('web'), row('a "b", c\nd')])).toBe(
      'from,id,name,up,down,connections\r\n' +
        '"2026-10-25T02:00:00+01:00","r1","web",9007199254740991,0,3\r\n' +
        '"2026-10-25T02:00:00+01:00","r1","a ""b"", c\nd",9007199254740991,0,3\r\n',
    )
    expect(trafficCsv([])).toBe('from,id,name,up,down,connections\r\n')
  })

  it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])(
    'keeps a spreadsheet from running the name %j',
    (name) => {
      expect(trafficCsv([row(name)])).toContain(`,"'${name}",`)
    },
  )

  it('is JSON with one row a line, names as they are', () => {
    const rows = [row('=1'), row('b', { up: 1 })]
    expect(JSON.parse(trafficJson(rows))).toEqual(rows)
    expect(trafficJson(rows).split('\n')).toHaveLength(5)
    expect(JSON.parse(trafficJson([]))).toEqual([])
  })
})
