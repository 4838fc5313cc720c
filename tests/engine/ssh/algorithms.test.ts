import { describe, expect, it } from 'vitest'
import { algorithmOffer } from '../../../src/engine/ssh/_algorithms'
import { WarrenError } from '../../../src/shared/errors'

const offer = (change: Partial<Parameters<typeof algorithmOffer>[0]> = {}): ReturnType<typeof algorithmOffer> =>
  algorithmOffer({ name: 'bastion', knownTypes: [], ...change })

describe('the algorithms that are offered', () => {
  it('are the fast and strong ones when nothing is configured', () => {
    const { cipher, kex, compress, hmac } = offer()
    expect(cipher).toContain('aes128-gcm@openssh.com')
    expect(JSON.stringify(cipher)).not.toContain('cbc')
    expect(kex).toContain('curve25519-sha256')
    expect(JSON.stringify(kex)).not.toContain('sha1')
    expect(JSON.stringify(hmac)).not.toContain('sha1')
    expect(compress).toEqual(['none'])
  })

  it('are those of the config that Warren has, in the order of the config', () => {
    expect(
      offer({
        config: {
          ciphers: ['rijndael-cbc@lysator.liu.se', 'aes256-ctr', 'aes128-gcm@openssh.com'],
          kexAlgorithms: ['sntrup761x25519-sha512@openssh.com', 'ecdh-sha2-nistp384', 'curve25519-sha256'],
          macs: ['umac-128@openssh.com', 'hmac-sha2-512', 'hmac-sha2-256'],
          hostKeyAlgorithms: ['rsa-sha2-512', 'ssh-ed25519'],
          compression: true,
        },
      }),
    ).toEqual({
      cipher: ['aes256-ctr', 'aes128-gcm@openssh.com'],
      kex: ['ecdh-sha2-nistp384', 'curve25519-sha256'],
      hmac: ['hmac-sha2-512', 'hmac-sha2-256'],
      serverHostKey: ['rsa-sha2-512', 'ssh-ed25519'],
      compress: ['zlib@openssh.com', 'zlib', 'none'],
    })
  })

  it('include old ones only when the config lists them', () => {
    const config = { kexAlgorithms: ['diffie-hellman-group14-sha1'], macs: ['hmac-sha1'], ciphers: ['aes128-cbc'] }
    expect(offer({ config })).toMatchObject({
      kex: ['diffie-hellman-group14-sha1'],
      hmac: ['hmac-sha1'],
      cipher: ['aes128-cbc'],
    })
  })

  it('begin with the types of the keys that are trusted', () => {
    const { serverHostKey } = offer({
      knownTypes: ['ssh-rsa'],
      config: { hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-256', 'ecdsa-sha2-nistp256'] },
    })
    expect(serverHostKey).toEqual(['rsa-sha2-256', 'ssh-ed25519', 'ecdsa-sha2-nistp256'])
  })

  it('say which option leaves nothing, and what would do', () => {
    let fault: unknown
    try {
      offer({ config: { macs: ['umac-64@openssh.com', 'umac-128@openssh.com'] } })
    } catch (error) {
      fault = error
    }
    expect(fault).toBeInstanceOf(WarrenError)
    expect(fault).toMatchObject({
      code: 'ssh.no-common-algorithm',
      message:
        'The ssh config allows bastion only MACs that Warren does not have: umac-64@openssh.com, umac-128@openssh.com.',
      field: 'MACs',
    })
    expect((fault as WarrenError).fix).toContain('hmac-sha2-256')
  })
})
