import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import {
  encodeProxyHeader,
  MAX_V1_BYTES,
  MAX_V2_PAYLOAD_BYTES,
  ProxyHeaderReader,
  type ProxyHeader,
} from '../../../src/engine/relay/_proxy-protocol'
import { parseIp } from '../../../src/engine/relay/_ip-address'

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

function read(data: Buffer): { header: ProxyHeader; rest: string } | null {
  const found = new ProxyHeaderReader().push(data)
  return found === null ? null : { header: found.header, rest: found.rest.toString('latin1') }
}

function fault(data: Buffer | string): string {
  try {
    new ProxyHeaderReader().push(Buffer.from(data))
  } catch (error) {
    expect(error).toBeInstanceOf(WarrenError)
    expect((error as WarrenError).code).toBe('relay.proxy-header')
    return (error as WarrenError).message
  }
  return 'no fault'
}

/** A v2 header by hand. */
function v2(versionCommand: number, family: number, payload: Buffer, length = payload.length): Buffer {
  const head = Buffer.from([versionCommand, family, length >> 8, length & 255])
  return Buffer.concat([SIGNATURE, head, payload])
}

const IPV4_PAYLOAD = Buffer.from('c0000201c6336407303901bb', 'hex')

describe('PROXY protocol, written', () => {
  const source = { host: '192.0.2.1', port: 12345 }
  const destination = { host: '198.51.100.7', port: 443 }

  it('writes version 1 as the document does', () => {
    expect(encodeProxyHeader('v1', { source, destination }).toString()).toBe(
      'PROXY TCP4 192.0.2.1 198.51.100.7 12345 443\r\n',
    )
    expect(
      encodeProxyHeader('v1', {
        source: { host: '2001:db8::1', port: 1 },
        destination: { host: '::1', port: 2 },
      }).toString(),
    ).toBe('PROXY TCP6 2001:db8::1 ::1 1 2\r\n')
    expect(encodeProxyHeader('v1', null).toString()).toBe('PROXY UNKNOWN\r\n')
  })

  it('writes version 2 as the document does', () => {
    expect(encodeProxyHeader('v2', { source, destination })).toEqual(v2(0x21, 0x11, IPV4_PAYLOAD))
    expect(encodeProxyHeader('v2', null)).toEqual(v2(0x20, 0x00, Buffer.alloc(0)))
    const six = encodeProxyHeader('v2', {
      source: { host: '2001:db8::1', port: 1 },
      destination: { host: '::1', port: 2 },
    })
    expect(six.toString('hex')).toBe(
      `${SIGNATURE.toString('hex')}21210024${'20010db8000000000000000000000001'}${'0'.repeat(31)}100010002`,
    )
  })

  it('writes a mapped source as IPv4, and mixed families as IPv6', () => {
    expect(encodeProxyHeader('v1', { source: { host: '::ffff:192.0.2.1', port: 9 }, destination }).toString()).toBe(
      'PROXY TCP4 192.0.2.1 198.51.100.7 9 443\r\n',
    )
    expect(encodeProxyHeader('v1', { source, destination: { host: 'fe80::1%lo', port: 443 } }).toString()).toBe(
      'PROXY TCP6 ::ffff:c000:201 fe80::1 12345 443\r\n',
    )
  })

  it('says that it does not know what is no address', () => {
    expect(encodeProxyHeader('v1', { source: { host: 'name', port: 1 }, destination }).toString()).toBe(
      'PROXY UNKNOWN\r\n',
    )
  })

  it('reads back whatever it writes, in any pieces, with what follows', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => parseIp(text) !== null)
    const end = fc.record({ host, port: fc.integer({ min: 0, max: 65_535 }) })
    fc.assert(
      fc.property(
        fc.constantFrom('v1' as const, 'v2' as const),
        fc.tuple(end, end),
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.integer({ min: 1, max: 20 })),
        (version, [from, to], body, cuts) => {
          const wire = Buffer.concat([encodeProxyHeader(version, { source: from, destination: to }), body])
          const reader = new ProxyHeaderReader()
          let at = 0
          let found: ReturnType<ProxyHeaderReader['push']> = null
          for (const cut of [...cuts, wire.length]) {
            const chunk = Buffer.from(wire.subarray(at, at + cut))
            at += chunk.length
            found = reader.push(chunk)
            // Whoever reads the socket reads over it again.
            if (found === null) chunk.fill(0xee)
            else break
          }
          if (found === null) throw new Error('no header found')
          expect(found.header.version).toBe(version === 'v1' ? 1 : 2)
          expect(parseIp(found.header.source?.host ?? '')).toEqual(parseIp(from.host))
          expect(parseIp(found.header.destination?.host ?? '')).toEqual(parseIp(to.host))
          expect(found.header.source?.port).toBe(from.port)
          expect(found.header.destination?.port).toBe(to.port)
          expect(Buffer.concat([found.rest, wire.subarray(at)])).toEqual(Buffer.from(body))
        },
      ),
    )
  })
})

describe('PROXY protocol, read', () => {
  it('takes the ends of version 1, and gives back what follows', () => {
    expect(read(Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 12345 443\r\nGET / HTTP/1.1\r\n'))).toEqual({
      header: {
        version: 1,
        source: { host: '192.0.2.1', port: 12345 },
        destination: { host: '198.51.100.7', port: 443 },
      },
      rest: 'GET / HTTP/1.1\r\n',
    })
  })

  it('knows no ends of UNKNOWN, whatever follows it on the line', () => {
    const unknown = { version: 1, source: null, destination: null }
    expect(read(Buffer.from('PROXY UNKNOWN\r\n'))?.header).toEqual(unknown)
    expect(read(Buffer.from('PROXY UNKNOWN ffff:f...f:ffff 65535 \x00\r\nx'))?.header).toEqual(unknown)
  })

  it('takes the ends of version 2 and skips what is behind them', () => {
    const tlvs = Buffer.from('0400030000002000050100000000', 'hex')
    expect(read(Buffer.concat([v2(0x21, 0x11, Buffer.concat([IPV4_PAYLOAD, tlvs])), Buffer.from('hi')]))).toEqual({
      header: {
        version: 2,
        source: { host: '192.0.2.1', port: 12345 },
        destination: { host: '198.51.100.7', port: 443 },
      },
      rest: 'hi',
    })
  })

  it('knows no ends of LOCAL, of UNSPEC, of datagrams and of Unix sockets', () => {
    for (const header of [
      v2(0x20, 0x00, Buffer.alloc(0)),
      v2(0x20, 0x11, IPV4_PAYLOAD),
      v2(0x21, 0x00, Buffer.from('abc')),
      v2(0x21, 0x12, IPV4_PAYLOAD),
      v2(0x21, 0x31, Buffer.alloc(216)),
    ])
      expect(read(header)?.header).toEqual({ version: 2, source: null, destination: null })
  })

  it('names a mapped source of version 2 plainly, so that lists hold for it', () => {
    const payload = Buffer.concat([Buffer.from('00000000000000000000ffffc0000201', 'hex'), Buffer.alloc(20)])
    expect(read(v2(0x21, 0x21, payload))?.header.source?.host).toBe('192.0.2.1')
    expect(read(Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n'))?.header.source?.host).toBe('192.0.2.1')
  })

  it('takes the longest line and the longest header there may be', () => {
    const longest = `PROXY UNKNOWN ${'f'.repeat(MAX_V1_BYTES - 16)}\r\n`
    expect(longest).toHaveLength(MAX_V1_BYTES)
    expect(read(Buffer.from(longest))).not.toBeNull()
    expect(read(v2(0x21, 0x11, Buffer.concat([IPV4_PAYLOAD, Buffer.alloc(MAX_V2_PAYLOAD_BYTES - 12)])))).not.toBeNull()
  })

  it('refuses at the first byte what cannot become a header', () => {
    expect(fault('G')).toContain('does not begin with PROXY')
    expect(fault('PROXX')).toContain('does not begin with PROXY')
    expect(fault('SSH-2.0-OpenSSH_9.2\r\n')).toContain('does not begin with PROXY')
    expect(fault('\r\n\r\nGET')).toContain('signature')
    expect(fault(Buffer.from([0x16, 3, 1]))).toContain('does not begin with PROXY')
  })

  it.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.7 12345\r\n', 'no port'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 12345 443 9\r\n', 'too many fields'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 12345 65536\r\n', 'no port'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 012 443\r\n', 'no port'],
    ['PROXY TCP4 192.0.2.1 198.51.100.7 +1 443\r\n', 'no port'],
    ['PROXY TCP4 192.0.2.01 198.51.100.7 1 443\r\n', 'no TCP4 address'],
    ['PROXY TCP4 ::1 198.51.100.7 1 443\r\n', 'no TCP4 address'],
    ['PROXY TCP6 192.0.2.1 ::1 1 443\r\n', 'no TCP6 address'],
    ['PROXY TCP6 fe80::1%lo ::1 1 443\r\n', 'no TCP6 address'],
    ['PROXY TCP4  192.0.2.1 198.51.100.7 1\r\n', 'no TCP4 address'],
    ['PROXY UDP4 192.0.2.1 198.51.100.7 1 443\r\n', 'none of TCP4'],
    ['PROXY UNKNOWN\n', 'CR LF'],
    ['PROXY \r\n', 'none of TCP4'],
    [`PROXY TCP4 ${'1'.repeat(200)}`, 'longer than 107'],
    [`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`, 'longer than 107'],
  ])('refuses %j', (wire, why) => {
    expect(fault(wire)).toContain(why)
  })

  it.each([
    ['another version', v2(0x11, 0x11, IPV4_PAYLOAD), 'version'],
    ['another command', v2(0x22, 0x11, IPV4_PAYLOAD), 'command'],
    ['another family', v2(0x21, 0x41, IPV4_PAYLOAD), 'family'],
    ['another transport', v2(0x21, 0x13, IPV4_PAYLOAD), 'family'],
    ['addresses cut short', v2(0x21, 0x21, IPV4_PAYLOAD), 'too short'],
    ['64 KB announced', v2(0x21, 0x11, IPV4_PAYLOAD, 65_535), 'longer than 4096'],
  ])('refuses version 2 with %s', (_, wire, why) => {
    expect(fault(wire)).toContain(why)
  })

  it('survives whatever comes: a header, a wait for more, or its one fault', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((tail) => Buffer.concat([SIGNATURE, tail])),
      fc
        .uint8Array({ maxLength: 60 })
        .map((tail) => Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0, 12]), tail])),
      fc.string({ maxLength: 120 }).map((tail) => Buffer.from(`PROXY ${tail}\r\n`)),
      fc.string({ maxLength: 120 }).map((tail) => Buffer.from(`PROXY TCP4 ${tail}\r\n`)),
    )
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 50 }), (bytes, step) => {
        const wire = Buffer.from(bytes)
        const reader = new ProxyHeaderReader()
        try {
          for (let at = 0; at < wire.length; at += step) if (reader.push(wire.subarray(at, at + step)) !== null) return
        } catch (error) {
          expect((error as WarrenError).code).toBe('relay.proxy-header')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('holds no more than the longest header, however slowly it comes', () => {
    const reader = new ProxyHeaderReader()
    const drip = (): void => {
      for (const byte of `PROXY UNKNOWN ${'f'.repeat(200)}`) reader.push(Buffer.from(byte))
    }
    expect(drip).toThrow('longer than 107')
  })
})
