import { describe, expect, it, vi } from 'vitest'
import { safeStorage } from './electron-stub'

vi.mock('electron', () => import('./electron-stub'))
const { createSealer, judgeKeyring, mayKeep } = await import('../../src/main/keyring')

describe('judgeKeyring', () => {
  it.each(['gnome_libsecret', 'kwallet6', 'keychain', 'dpapi'])('trusts %s', (backend) => {
    expect(judgeKeyring(backend, true)).toEqual({ available: true, backend })
  })

  it('does not take basic_text for a keyring, even when it encrypts', () => {
    expect(judgeKeyring('basic_text', true).available).toBe(false)
  })

  it('does not trust a keyring that does not answer', () => {
    expect(judgeKeyring('gnome_libsecret', false).available).toBe(false)
  })
})

describe('mayKeep', () => {
  const none = { available: false, backend: 'basic_text' }
  it('keeps with a keyring, and without one only when the person allowed it', () => {
    expect(mayKeep({ available: true, backend: 'keychain' }, 'never')).toBe(true)
    expect(mayKeep(none, 'ask')).toBe(false)
    expect(mayKeep(none, 'never')).toBe(false)
    expect(mayKeep(none, 'allow')).toBe(true)
  })
})

describe('the sealer', () => {
  const onNews = vi.fn()

  it('opens what it sealed', () => {
    const sealer = createSealer(onNews)
    expect(sealer.open(sealer.seal('häsen'))).toBe('häsen')
    expect(safeStorage.setUsePlainTextEncryption).not.toHaveBeenCalled()
  })

  it('does not ask the keyring before there is a secret, because a locked one would hold the app', () => {
    safeStorage.isEncryptionAvailable.mockClear()
    expect(createSealer(onNews).keyring().available).toBe(true)
    expect(safeStorage.isEncryptionAvailable).not.toHaveBeenCalled()
  })

  it('says with a code when the keyring does not answer, and tells the window', () => {
    safeStorage.isEncryptionAvailable.mockReturnValueOnce(false)
    const sealer = createSealer(onNews)
    expect(() => sealer.seal('häsen')).toThrow(expect.objectContaining({ code: 'secret.no-keyring' }) as Error)
    expect(onNews).toHaveBeenCalledWith({ available: false, backend: 'gnome_libsecret' })
    expect(sealer.keyring().available).toBe(false)
  })

  it('says with a code when another key sealed it', () => {
    const garbage = Buffer.from('garbage').toString('base64')
    expect(() => createSealer(onNews).open(garbage)).toThrow(
      expect.objectContaining({ code: 'secret.unreadable' }) as Error,
    )
  })
})
