import { describe, expect, it } from 'vitest'
import { wayNames } from '../../src/shared/way'

const hop = (name: string, proxy: string | null = null): Parameters<typeof wayNames>[0]['server'] => ({
  name,
  proxy,
  proxyCommand: null,
})

describe('the way to a server', () => {
  it('names the hops and the server', () => {
    expect(wayNames({ hops: [], server: hop('db') })).toEqual(['db'])
    expect(wayNames({ hops: [hop('bastion'), hop('inner')], server: hop('db') })).toEqual(['bastion', 'inner', 'db'])
  })

  it('begins with the proxy of the first one, without its login', () => {
    const proxied = hop('bastion', 'http://ann@squid.corp:3128')
    expect(wayNames({ hops: [proxied], server: hop('db', 'socks5://unused') })).toEqual([
      'proxy squid.corp:3128',
      'bastion',
      'db',
    ])
    expect(wayNames({ hops: [], server: { ...hop('db'), proxyCommand: 'nc %h %p' } })).toEqual(['proxy command', 'db'])
  })
})
