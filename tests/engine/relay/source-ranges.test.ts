import { BlockList, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSourceRanges } from '../../../src/engine/relay/_source-ranges'
import { formatIpv6, parseIp, plainAddress } from '../../../src/engine/relay/_ip-address'

const lists = (allow: readonly string[], deny: readonly string[] = []) => compileSourceRanges({ allow, deny })

describe('source ranges', () => {
  it('lets everybody in without lists, and says that there is nothing to ask', () => {
    const ranges = lists([])
    expect(ranges.isEmpty).toBe(true)
    expect(ranges.isAllowed('192.0.2.1')).toBe(true)
    expect(ranges.isAllowed('not an address')).toBe(true)
  })

  it('lets in only what is allowed', () => {
    const ranges = lists(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'])
    expect(ranges.isAllowed('192.0.2.255')).toBe(true)
    expect(ranges.isAllowed('192.0.3.0')).toBe(false)
    expect(ranges.isAllowed('198.51.100.7')).toBe(true)
    expect(ranges.isAllowed('198.51.100.8')).toBe(false)
    expect(ranges.isAllowed('2001:db8:ffff::1')).toBe(true)
    expect(ranges.isAllowed('2001:db9::1')).toBe(false)
  })

  it('keeps out what is denied, whatever is allowed', () => {
    const ranges = lists(['10.0.0.0/8'], ['10.1.0.0/16'])
    expect(ranges.isAllowed('10.0.255.255')).toBe(true)
    expect(ranges.isAllowed('10.1.2.3')).toBe(false)
    expect(lists([], ['0.0.0.0/0']).isAllowed('203.0.113.9')).toBe(false)
    expect(lists([], ['0.0.0.0/0']).isAllowed('::1')).toBe(true)
  })

  it('takes an IPv4-mapped address for the IPv4 address it is, on both sides', () => {
    expect(lists(['127.0.0.0/8']).isAllowed('::ffff:127.0.0.1')).toBe(true)
    expect(lists([], ['127.0.0.1']).isAllowed('::ffff:7f00:1')).toBe(false)
    expect(lists(['::ffff:10.0.0.0/104']).isAllowed('10.9.8.7')).toBe(true)
    expect(lists(['::ffff:10.0.0.0/104']).isAllowed('11.0.0.1')).toBe(false)
    expect(lists(['::ffff:10.0.0.1']).isAllowed('10.0.0.1')).toBe(true)
  })

  it('judges a link-local source without its zone', () => {
    expect(lists(['fe80::/10']).isAllowed('fe80::1%eth0')).toBe(true)
    expect(lists([], ['fe80::/10']).isAllowed('fe80::1%eth0')).toBe(false)
  })

  it('keeps out what is no address as soon as there is a list', () => {
    for (const text of ['', 'localhost', '1.2.3', '999.1.1.1', '::g'])
      expect(lists([], ['10.0.0.0/8']).isAllowed(text)).toBe(false)
  })

  it('agrees with the block list of Node for any ranges', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 }))
    const v6 = fc.tuple(
      fc.ipV6().filter((text) => isIPv6(text) && parseIp(text)?.family === 6),
      fc.integer({ min: 1, max: 128 }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(v4, v6), { minLength: 1, maxLength: 20 }),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 }),
        (ranges, addresses) => {
          // One list for each family: Node's takes ::/0 for a range that holds IPv4 too.
          const blocks = { ipv4: new BlockList(), ipv6: new BlockList() }
          const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4')
          for (const [address, bits] of ranges) blocks[familyOf(address)].addSubnet(address, bits, familyOf(address))
          const ours = lists(ranges.map(([address, bits]) => `${address}/${bits}`))
          for (const address of [...addresses, ...ranges.map(([of]) => of)]) {
            if (parseIp(address) === null || (address.includes(':') && parseIp(address)?.family === 4)) continue
            expect(ours.isAllowed(address), `${address} in ${ranges.join(' ')}`).toBe(
              blocks[familyOf(address)].check(address, familyOf(address)),
            )
          }
        },
      ),
    )
  })

  it('answers a thousand rules as it answers one', () => {
    const ranges = lists(Array.from({ length: 1000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`))
    expect(ranges.isAllowed('10.3.231.200')).toBe(true)
    expect(ranges.isAllowed('10.3.232.0')).toBe(false)
  })
})

describe('addresses', () => {
  it('reads every spelling of an IPv6 address and writes the short one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        const text = formatIpv6(value)
        expect(isIPv6(text)).toBe(true)
        if (value >> 32n !== 0xffffn) expect(parseIp(text)).toEqual({ family: 6, value })
        expect(text).not.toMatch(/:::|(^|:)0[0-9a-f]/)
      }),
    )
    expect(formatIpv6(1n)).toBe('::1')
    expect(formatIpv6(0n)).toBe('::')
    expect(formatIpv6(0x20010db8_00010000_00010001_00010001n)).toBe('2001:db8:1:0:1:1:1:1')
  })

  it('writes a mapped address plainly and leaves others alone', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(plainAddress('::ffff:c000:201')).toBe('192.0.2.1')
    expect(plainAddress('::1')).toBe('::1')
    expect(plainAddress('192.0.2.1')).toBe('192.0.2.1')
  })
})
