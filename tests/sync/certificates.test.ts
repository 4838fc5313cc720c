/** A server whose certificate or encryption is wrong: what is told of it. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createCloudClient } from '../../src/sync'
import { tlsWords } from '../../src/sync/client/_tls-words'
import { faultOf, memoryTokens } from './_machine'

it('names a certificate that nobody signed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'warren-certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const about = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-subj', '/CN=127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...about, '-days', '2', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end('[]'))
  rmSync(folder, { recursive: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const tokens = memoryTokens({ token: 'planted-token', refreshToken: null })
    const client = createCloudClient({ url: `https://${host}`, tokens, device: { id: 'd', name: 'desk' } })
    expect(await faultOf(client.list(null))).toEqual({
      code: 'cloud.certificate',
      message: `The certificate of ${host} is signed by nobody whom this machine trusts.`,
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    })
  } finally {
    server.close()
    await once(server, 'close')
  }
})

it.each([
  ['CERT_HAS_EXPIRED', '', 'The certificate of h has expired.'],
  ['CERT_NOT_YET_VALID', '', 'The certificate of h is not valid yet.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', '', 'The certificate of h is for another name.'],
  ['SELF_SIGNED_CERT_IN_CHAIN', '', 'The certificate of h is signed by nobody whom this machine trusts.'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', '', 'The certificate of h is signed by nobody whom this machine trusts.'],
  ['CERT_REVOKED', '', 'The certificate of h cannot be used.'],
  [
    'EPROTO',
    'SSL routines:ssl3_get_record:wrong version number',
    'h answered, but not with TLS, which https:// needs.',
  ],
  ['ERR_SSL_WRONG_VERSION_NUMBER', '', 'h answered, but not with TLS, which https:// needs.'],
  ['EPROTO', 'SSL routines:tlsv1 alert protocol version', 'h and this machine found no TLS that both speak.'],
])('says what %s is', (code, message, sentence) => {
  expect(tlsWords({ code, message }, 'h')?.message).toBe(sentence)
})

it('leaves the rest to others', () => {
  expect(tlsWords({ code: 'ECONNREFUSED', message: 'connect' }, 'h')).toBeNull()
})
