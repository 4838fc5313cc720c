import { describe, expect, it } from 'vitest'
import { relaySentence, type DescribedRelay } from '@shared/relay-sentence'

const relay = (changes: Partial<DescribedRelay> = {}): DescribedRelay => ({
  protocol: 'tcp',
  listen: { host: '127.0.0.1', port: 5432 },
  targets: [{ host: 'db', port: 5432 }],
  balance: 'failover',
  portCount: 1,
  ...changes,
})
const targets = ['db-1', 'db-2', 'db-3'].map((host) => ({ host, port: 5432 }))

describe('relaySentence()', () => {
  it.each([
    [relay(), 'People here connect to 127.0.0.1:5432 and reach db:5432'],
    [
      relay({ targets }),
      'People here connect to 127.0.0.1:5432 and reach db-1:5432, or db-2:5432 and db-3:5432 when it does not answer',
    ],
    [
      relay({ targets: targets.slice(0, 2), balance: 'round-robin' }),
      'People here connect to 127.0.0.1:5432 and reach db-1:5432 and db-2:5432 in turn',
    ],
    [
      relay({ protocol: 'udp', listen: { host: '*', port: 53 }, targets: [{ host: '2001:db8::1', port: 53 }] }),
      'People on this network send datagrams to port 53 of this machine, which go to [2001:db8::1]:53',
    ],
    [
      relay({ portCount: 10, listen: { host: '0.0.0.0', port: 8000 }, targets: [{ host: 'web', port: 9000 }] }),
      'People on this network connect to ports 8000–8009 of this machine and reach web:9000–9009',
    ],
    [relay({ targets: [] }), 'People here connect to 127.0.0.1:5432 and reach the target'],
  ])('says what it does', (described, sentence) => {
    expect(relaySentence(described)).toBe(sentence)
  })
})
