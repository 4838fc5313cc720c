import { describe, expect, it } from 'vitest'
import { hostKeyOffer } from '../../../src/engine/ssh/_cert-kex'

const PLAIN = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'ssh-rsa']
const ED = 'ssh-ed25519-cert-v01@openssh.com'
const RSA = 'rsa-sha2-512-cert-v01@openssh.com'
const ECDSA = 'ecdsa-sha2-nistp256-cert-v01@openssh.com'

describe('the host key algorithms to offer', () => {
  it('are certificates first when an authority is trusted, without SHA-1', () => {
    const offer = hostKeyOffer(PLAIN, { knownTypes: ['ssh-rsa'], hasAuthority: true, listed: undefined })
    expect(offer).toEqual([ED, ECDSA, RSA, ...PLAIN])
  })

  it('are bare ones alone when there is no authority and nobody listed any', () => {
    expect(hostKeyOffer(PLAIN, { knownTypes: [], hasAuthority: false, listed: undefined })).toEqual(PLAIN)
  })

  it('keep to the list of the ssh config, and to its order', () => {
    const basis = { knownTypes: [], listed: [RSA, 'ssh-ed25519', 'x-unknown'] }
    expect(hostKeyOffer(['ssh-ed25519', 'rsa-sha2-512'], { ...basis, hasAuthority: true })).toEqual([
      RSA,
      'ssh-ed25519',
      'rsa-sha2-512',
    ])
    expect(hostKeyOffer(['ssh-ed25519'], { ...basis, listed: ['ssh-ed25519'], hasAuthority: true })).toEqual([
      'ssh-ed25519',
    ])
  })

  it('put what is known before what is only listed', () => {
    const listed = [RSA, ED, 'ssh-ed25519', 'rsa-sha2-512']
    const plain = ['ssh-ed25519', 'rsa-sha2-512']
    expect(hostKeyOffer(plain, { knownTypes: ['ssh-rsa'], hasAuthority: false, listed })).toEqual([
      RSA,
      'rsa-sha2-512',
      ED,
      'ssh-ed25519',
    ])
  })
})
