import { describe, expect, it } from 'vitest'
import type { TrustedKey } from '@shared/rpc'
import { warren } from './_fake-world'

const key = (id: string, change: Partial<TrustedKey> = {}): TrustedKey => ({
  id,
  host: 'db.example',
  keyType: 'ssh-ed25519',
  fingerprint: `SHA256:${id}`,
  addedAt: '2026-01-05T09:00:00.000Z',
  ...change,
})
const keys = [key('one'), key('two', { keyType: 'ssh-rsa' }), key('three', { host: '[web.example]:2222' })]
const answers = {
  'trust.list': () => keys,
  'trust.remove': () => null,
  'trust.write': ({ id }: { id: string }) => ({ file: '/home/me/.ssh/known_hosts', written: id !== 'two' }),
}

describe('warren trust', () => {
  it('lists hosts, types, fingerprints and days', async () => {
    const { out, code } = await warren(['trust', 'ls'], { answers })
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'db.example          ssh-ed25519  SHA256:one    2026-01-05',
      'db.example          ssh-rsa      SHA256:two    2026-01-05',
      '[web.example]:2222  ssh-ed25519  SHA256:three  2026-01-05',
      '',
    ])
    expect(JSON.parse((await warren(['trust', 'ls', '--json'], { answers })).out)).toEqual(keys)
    expect((await warren(['trust', 'ls'], { answers: { 'trust.list': () => [] } })).err).toMatch(/No key/)
  })

  it('forgets every key of a host, or the one of a fingerprint', async () => {
    const host = await warren(['trust', 'rm', 'DB.example'], { answers })
    expect(host.calls.filter(({ method }) => method === 'trust.remove').map(({ params }) => params)).toEqual([
      { id: 'one' },
      { id: 'two' },
    ])
    expect(host.out).toMatch(/^Forgot the ssh-ed25519 key of db\.example: SHA256:one\nForgot the ssh-rsa key/)
    const one = await warren(['trust', 'rm', 'SHA256:three'], { answers })
    expect(one.params('trust.remove')).toEqual({ id: 'three' })
  })

  it('writes known_hosts and says what was there already', async () => {
    const { out } = await warren(['trust', 'write', 'db.example'], { answers })
    expect(out.split('\n')).toEqual([
      'Wrote the ssh-ed25519 key of db.example: SHA256:one to /home/me/.ssh/known_hosts',
      '/home/me/.ssh/known_hosts already had the ssh-rsa key of db.example: SHA256:two',
      '',
    ])
  })

  it('says when nothing is trusted under that name', async () => {
    const { code, err } = await warren(['trust', 'rm', 'nowhere'], { answers })
    expect(code).not.toBe(0)
    expect(err).toMatch(/No key is trusted for "nowhere"/)
  })

  it('completes its words and its hosts', async () => {
    const complete = async (...words: string[]): Promise<string[]> =>
      (await warren(['__complete', ...words], { answers })).out.split('\n').map((line) => line.split('\t')[0] ?? '')
    expect(await complete('trust', '')).toEqual(['ls', 'rm', 'write', ''])
    expect(await complete('trust', 'rm', '[')).toEqual(['[web.example]:2222', ''])
  })
})
