import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { WarrenError } from '@shared/errors'
import type { NeedAnswer } from '@shared/needs'
import type { Sealer } from '../../src/main/keyring'
import { createSecretKeeper, type SecretKeeper } from '../../src/main/secrets'
import { openVault, ownerOf, type Vault } from '../../src/main/vault'
import { codeNeed, passphraseNeed, passwordNeed } from './views'

vi.mock('electron', () => import('./electron-stub'))

const SECRET = 'correct horse'

/** Seals by turning the text round: enough to see that nothing is written as it is. */
const sealer: Sealer = {
  keyring: () => ({ available: true, backend: 'test' }),
  seal: (text) => [...text].reverse().join(''),
  open: (sealed) => {
    if (sealed === 'other key') throw new WarrenError('secret.unreadable', 'Another key.')
    return [...sealed].reverse().join('')
  },
}

let folder: string
let file: string
let vault: Vault
let mayKeep: boolean
const answer = vi.fn((_id: string, _answer: NeedAnswer): Promise<unknown> => Promise.resolve(null))
const log = vi.fn()
let keeper: SecretKeeper

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-vault-'))
  file = join(folder, 'secrets.json')
  vault = openVault(file, sealer)
  mayKeep = true
  answer.mockReset().mockResolvedValue(null)
  log.mockReset()
  keeper = createSecretKeeper({ vault, mayKeep: () => mayKeep, answer, log })
})

const asked = passwordNeed('n1')
const owner = { serverId: 'server-1', kind: 'password', subject: 'me' } as const
const password = (text = SECRET): NeedAnswer => ({ kind: 'password', password: text })

describe('a saved secret', () => {
  it('answers the question that asks for it, once, and nobody else is asked', () => {
    vault.prepare(owner, SECRET)()
    keeper.look([asked])
    keeper.look([asked])
    expect(answer.mock.calls).toEqual([['n1', password()]])
    expect(keeper.isAnswering('n1')).toBe(true)
  })

  it('is forgotten when the server refused it, and the person is asked', () => {
    vault.prepare(owner, SECRET)()
    keeper.look([passwordNeed('n2', true)])
    expect(answer).not.toHaveBeenCalled()
    expect(keeper.isAnswering('n2')).toBe(false)
    expect(vault.find(owner)).toBeNull()
  })

  it('leaves the question to the person when it cannot be passed on', async () => {
    vault.prepare(owner, SECRET)()
    answer.mockRejectedValueOnce(new Error('gone'))
    keeper.look([asked])
    await expect.poll(() => keeper.isAnswering('n1')).toBe(false)
  })

  it('that another key sealed is kept, and the person is asked', () => {
    writeFileSync(file, JSON.stringify({ version: 1, secrets: [{ ...owner, sealed: 'other key' }] }))
    keeper.look([asked])
    expect(answer).not.toHaveBeenCalled()
    expect(readFileSync(file, 'utf8')).toContain('other key')
  })

  it('of a key file opens that key file only', () => {
    const need = passphraseNeed('n3')
    if (need.kind !== 'passphrase') throw new Error('not a passphrase')
    vault.prepare(ownerOf(need), SECRET)()
    keeper.look([asked, need])
    expect(answer.mock.calls).toEqual([['n3', { kind: 'passphrase', passphrase: SECRET }]])
  })

  it('never answers a one-time code', () => {
    vault.prepare(owner, SECRET)()
    keeper.look([codeNeed('n4')])
    expect(answer).not.toHaveBeenCalled()
  })

  it('is not in the log', async () => {
    vault.prepare(owner, SECRET)()
    answer.mockRejectedValueOnce(new Error('gone'))
    keeper.look([asked])
    await expect.poll(() => log.mock.calls.length).toBeGreaterThan(0)
    expect(JSON.stringify(log.mock.calls)).not.toContain(SECRET)
  })
})

describe('an answer of a person', () => {
  it('is passed on and kept when that was asked for', async () => {
    await keeper.pass({ need: asked, id: 'n1', answer: password(), save: true })
    expect(answer).toHaveBeenCalledWith('n1', password())
    expect(vault.find(owner)).toBe(SECRET)
  })

  it('is not kept otherwise', async () => {
    await keeper.pass({ need: asked, id: 'n1', answer: password(), save: false })
    expect(vault.find(owner)).toBeNull()
  })

  it('that may not be kept is not passed on either, so that the person can choose', async () => {
    mayKeep = false
    const passed = keeper.pass({ need: asked, id: 'n1', answer: password(), save: true })
    await expect(passed).rejects.toMatchObject({ code: 'secret.no-keyring' })
    expect(answer).not.toHaveBeenCalled()
  })

  it('is not passed on when the keyring does not answer after all', async () => {
    vi.spyOn(sealer, 'seal').mockImplementationOnce(() => {
      throw new WarrenError('secret.no-keyring', 'No keyring.')
    })
    const passed = keeper.pass({ need: asked, id: 'n1', answer: password(), save: true })
    await expect(passed).rejects.toMatchObject({ code: 'secret.no-keyring' })
    expect(answer).not.toHaveBeenCalled()
  })

  it('that the daemon refuses is not kept', async () => {
    answer.mockRejectedValueOnce(new WarrenError('need.gone', 'Settled.'))
    const passed = keeper.pass({ need: asked, id: 'n1', answer: password(), save: true })
    await expect(passed).rejects.toMatchObject({ code: 'need.gone' })
    expect(vault.find(owner)).toBeNull()
  })
})

describe('the file', () => {
  it('is for its owner alone and holds nothing in clear text', () => {
    vault.prepare(owner, SECRET)()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(SECRET)
    expect(readdirSync(folder)).toEqual(['secrets.json'])
  })

  it('is read again by the next start', () => {
    vault.prepare(owner, SECRET)()
    expect(openVault(file, sealer).find(owner)).toBe(SECRET)
  })

  it('that is damaged is set aside, not emptied', () => {
    writeFileSync(file, '{"version": 1, "secr')
    expect(openVault(file, sealer).find(owner)).toBeNull()
    const [aside = ''] = readdirSync(folder)
    expect(aside).toMatch(/^secrets\.json\.damaged-/)
    expect(readFileSync(join(folder, aside), 'utf8')).toBe('{"version": 1, "secr')
  })

  it('forgets one server, or everything', () => {
    vault.prepare(owner, SECRET)()
    vault.prepare({ ...owner, serverId: 'server-2' }, SECRET)()
    expect(keeper.saved()).toEqual([owner, { ...owner, serverId: 'server-2' }])
    keeper.forget('server-1')
    expect(vault.find(owner)).toBeNull()
    expect(vault.find({ ...owner, serverId: 'server-2' })).toBe(SECRET)
    keeper.forget(null)
    expect(vault.find({ ...owner, serverId: 'server-2' })).toBeNull()
  })

  it('that cannot be written is reported with its path', () => {
    const blocked = openVault(join(folder, 'missing', 'secrets.json'), sealer)
    expect(() => {
      blocked.prepare(owner, SECRET)()
    }).toThrow(expect.objectContaining({ code: 'store.unwritable' }) as Error)
  })
})
