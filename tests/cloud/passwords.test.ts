import { describe, expect, it } from 'vitest'
import { createPasswords } from '../../src/cloud/auth/passwords'

/** Of RFC 7914's kind, but cheap. */
const CHEAP = { N: 2 ** 10, r: 8, p: 1 }

describe('passwords at rest', () => {
  it('cost what OWASP’s guide suggests, whatever a test asks of its own server', async () => {
    expect(await createPasswords().hash('secret123')).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  })

  it('are known again, and no others', async () => {
    const { hash, matches } = createPasswords(CHEAP)
    const stored = await hash('sécret')
    expect(await matches('sécret', stored)).toBe(true)
    // The same letters, composed in another way.
    expect(await matches('se\u0301cret', stored)).toBe(true)
    expect(await matches('secret', stored)).toBe(false)
    expect(await hash('sécret')).not.toBe(stored)
  })

  it('are known again when the cost is another by now', async () => {
    const stored = await createPasswords(CHEAP).hash('secret123')
    expect(await createPasswords({ ...CHEAP, p: 2 }).matches('secret123', stored)).toBe(true)
    expect(await createPasswords({ ...CHEAP, p: 2 }).matches('secret124', stored)).toBe(false)
  })

  it.each([null, '', 'scrypt$', 'secret123'])('match nothing where %j is stored', async (stored) => {
    expect(await createPasswords(CHEAP).matches('secret123', stored)).toBe(false)
    expect(await createPasswords(CHEAP).matches('', stored)).toBe(false)
  })
})
