import { describe, expect, it } from 'vitest'
import { formatProxy, parseProxy, proxyIssue, proxyLabel, splitProxyPassword } from '../../src/shared/proxy-url'
import { serverDraftSchema } from '../../src/shared/specs'

describe('the address of a proxy', () => {
  it('is read with its login and its usual port', () => {
    expect(parseProxy('http://squid.corp')).toEqual({
      scheme: 'http',
      host: 'squid.corp',
      port: 80,
      username: null,
      password: null,
    })
    expect(parseProxy('socks5://ann:p@ss:w%20rd@[2001:db8::1]:9050/')).toEqual({
      scheme: 'socks5',
      host: '2001:db8::1',
      port: 9050,
      username: 'ann',
      password: 'p@ss:w rd',
    })
    expect(parseProxy('SOCKS4A://10.0.0.3')).toMatchObject({ scheme: 'socks4a', port: 1080 })
  })

  it('gives its password away, and keeps the rest', () => {
    expect(splitProxyPassword('http://ann:p@ss@squid.corp:3128')).toEqual({
      proxy: 'http://ann@squid.corp:3128',
      password: 'p@ss',
    })
    expect(splitProxyPassword('http://ann@squid.corp:3128').password).toBeNull()
  })

  it('is written as it is read', () => {
    for (const text of ['http://squid.corp:80', 'socks5h://a%20b:c%40d@[::1]:1080', 'socks4://x@127.0.0.1:9']) {
      expect(formatProxy(parseProxy(text))).toBe(text)
    }
  })

  it('is shown without its login', () => {
    expect(proxyLabel('http://ann:secret@squid.corp:3128')).toBe('proxy squid.corp:3128')
    expect(proxyLabel('socks5://ann:secret@10.0.0.3')).toBe('SOCKS proxy 10.0.0.3:1080')
  })

  it.each([
    ['squid.corp:3128', 'must start with http://'],
    ['ftp://squid.corp', 'must start with http://'],
    ['https://squid.corp', 'without TLS'],
    ['http://', 'has no host'],
    ['http://ann@', 'has no host'],
    ['http://squid.corp:0', 'must be 1 to 65535'],
    ['http://squid.corp:70000', 'must be 1 to 65535'],
    ['http://squid.corp:http', 'must be 1 to 65535'],
    ['http://squid.corp/path', 'must be a host'],
    ['http://:secret@squid.corp', 'without a user name'],
    ['socks5://[nonsense]:1080', 'no IPv6 address'],
    [`socks5://${'é'.repeat(128)}@squid.corp`, 'too long'],
  ])('is refused at its field: %s', (text, why) => {
    expect(proxyIssue(text)).toContain(why)
    const parsed = serverDraftSchema.safeParse({ name: 'x', host: 'y', proxy: text })
    expect(parsed.error?.issues).toMatchObject([{ path: ['proxy'] }])
  })
})
