import { describe, expect, it } from 'vitest'
import { noLimits } from '@shared/limits'
import { encode, fail, failSync, inShort, refuse, succeed } from '../../../src/daemon/api/x-port-forward/_answers'
import { kilobytes, limitsOf, rfc3339, shownLimits } from '../../../src/daemon/api/x-port-forward/_numbers'
import { readParameters } from '../../../src/daemon/api/x-port-forward/_parameters'
import { queryValue } from '../../../src/daemon/api/x-port-forward/_query'
import {
  createGate,
  isSignature,
  signatureOf,
  WRONG_AT_ONCE,
  WRONG_EVERY_MS,
} from '../../../src/daemon/api/x-port-forward/_signature'

describe('the query string', () => {
  it('is found behind any path, and the first of several values counts', () => {
    expect(queryValue('/any/path?a=1&b=2&a=3', 'a')).toBe('1')
    expect(queryValue('?a=1', 'a')).toBe('1')
    expect(queryValue('/?a', 'a')).toBe('')
    expect(queryValue('/', 'a')).toBe('')
    expect(queryValue('/?b=a=1', 'b')).toBe('a=1')
  })

  it('is decoded as forms are: plus signs, escapes, UTF-8', () => {
    expect(queryValue('/?a=x+y%20z%2B', 'a')).toBe('x y z+')
    expect(queryValue('/?%61=%E7%AB%AF%E5%8F%A3', 'a')).toBe('端口')
    expect(queryValue(`/?a=${Buffer.from('端', 'utf8').toString('latin1')}`, 'a')).toBe('端')
    expect(queryValue('/?a=%ff%fe', 'a')).toBe('\ufffd\ufffd')
  })

  it('leaves out pairs that are broken or could be read in two ways, and reads the rest', () => {
    for (const broken of ['a=%', 'a=%4', 'a=%zz', 'a=1;b=2', '%=1', 'a=%%34']) {
      expect(queryValue(`/?${broken}&b=2`, 'a')).toBe('')
      expect(queryValue(`/?${broken}&b=2`, 'b')).toBe('2')
    }
    expect(queryValue('/?a=%zz&a=2', 'a')).toBe('2')
  })
})

describe('the signature', () => {
  it('is that of the original', () => {
    expect(signatureOf('XPORTFORWARD')).toBe('0e154d9699393f3faea8c6f279f784ff')
    expect(signatureOf('ChangeMe')).toBe('ddd7ce52356a3ce5e6564ae0d555f245')
  })

  it('is taken as it is, in lower case, and whole', () => {
    const right = signatureOf('k')
    expect(isSignature(right, 'k')).toBe(true)
    for (const wrong of [right.toUpperCase(), '', right.slice(1), `${right}0`, signatureOf('K'), 'é'.repeat(32)]) {
      expect(isSignature(wrong, 'k')).toBe(false)
    }
  })

  it('is not looked at any more from an address that was wrong too often, until time went by', () => {
    let at = 0
    const gate = createGate(() => at)
    const guess = (caller: string, isRight = false): string => gate.judge(caller, () => isRight)
    for (let n = 0; n < WRONG_AT_ONCE; n++) expect(guess('192.0.2.1')).toBe('wrong')
    expect(guess('192.0.2.1', true)).toBe('unheard')
    expect(guess('::ffff:192.0.2.1', true)).toBe('unheard')
    expect(guess('192.0.2.2', true)).toBe('right')
    at += WRONG_EVERY_MS
    expect(guess('192.0.2.1', true)).toBe('right')
    expect(guess('192.0.2.1')).toBe('wrong')
    expect(guess('192.0.2.1', true)).toBe('unheard')
  })

  it('counts the addresses of one IPv6 network together, and forgets the oldest of very many callers', () => {
    const gate = createGate(() => 0)
    for (let n = 0; n < WRONG_AT_ONCE; n++) gate.judge(`2001:db8::${n.toString(16)}`, () => false)
    expect(gate.judge('2001:db8:0:0:ffff::1', () => true)).toBe('unheard')
    expect(gate.judge('2001:db8:0:1::1', () => true)).toBe('right')
    for (let n = 0; n < 10_001; n++) gate.judge(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, () => false)
    expect(gate.judge('2001:db8::1', () => true)).toBe('right')
  })
})

describe('action_data', () => {
  it('is no parameters unless it is an object with something in it', () => {
    for (const none of ['', 'null', '{}', '[]', '[1]', '1', '"a"', '{', '{a:1}', 'true', '{"a":1}x', '\ufeff{"a":1}']) {
      expect(readParameters(none)).toBeNull()
    }
  })

  it('has strict types: what is of another counts as missing', () => {
    const wrong = readParameters('{"t":1,"n":"80","f":"true","o":{},"z":null}')
    expect([wrong?.text('t'), wrong?.whole('n'), wrong?.flag('f'), wrong?.text('o'), wrong?.whole('z')]).toEqual([
      ...['', 0, false, '', 0],
    ])
    expect(wrong?.hasNumber('n')).toBe(false)
    const right = readParameters('{"t":"x","n":80.9,"m":-0.5,"f":true}')
    expect([right?.text('t'), right?.whole('n'), right?.flag('f')]).toEqual(['x', 80, true])
    expect(right?.whole('m')).toBeCloseTo(0)
  })

  it('is read without harm when it is hostile', () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
    expect(readParameters(deep)?.text('a')).toBe('')
    expect(readParameters('['.repeat(100_000))).toBeNull()
    const proto = readParameters('{"__proto__":{"forwardname":"x"},"constructor":"y"}')
    expect(proto?.text('forwardname')).toBe('')
    expect(proto?.text('toString')).toBe('')
    expect(readParameters('{"a":"1","a":"2"}')?.text('a')).toBe('2')
    expect(readParameters('{"a":"\\ud800x"}')?.text('a')).toBe('\ufffdx')
    const huge = readParameters(`{"a":"${'x'.repeat(10 * 1024 ** 2)}","b":"c"}`)
    expect(huge?.text('b')).toBe('c')
    expect(readParameters('{"n":1e400}')?.whole('n')).toBe(Infinity)
  })
})

describe('an answer', () => {
  it('has its members in the order of the original', () => {
    expect(encode(succeed(null))).toBe('{"code":200,"message":"Success","data":{"Status":"Success"}}')
    expect(encode(fail(27))).toBe(
      '{"code":200,"message":"Success","data":{"Code":27,"Message":"Forward Found","Status":"error"}}',
    )
    expect(encode(refuse(403, 'Auth Error'))).toBe('{"code":403,"message":"Auth Error","data":""}')
    expect(encode(failSync())).toBe(
      '{"code":200,"message":"Sync Error","data":{"Code":0,"Status":"error","message":"Sync Error: Time out to channel add data,Please Manual Reload This Forward"}}',
    )
    expect(encode(succeed(34, { ForwardStatus: 'running' }))).toBe(
      '{"code":200,"message":"Success","data":{"Code":34,"ForwardStatus":"running","Message":"Success","Status":"Success"}}',
    )
  })

  it('writes what HTML could stumble over as the original does', () => {
    const text = encode(succeed(17, { Info: { ProxyIP: '<a>&\u2028' } }))
    expect(text).toContain('\\u003ca\\u003e\\u0026\\u2028')
    expect(JSON.parse(text)).toMatchObject({ data: { Info: { ProxyIP: '<a>&\u2028' } } })
  })

  it('goes to the audit in short', () => {
    expect(inShort(fail(27))).toBe('200/27 Forward Found')
    expect(inShort(refuse(403, 'Auth Error'))).toBe('403 Auth Error')
    expect(inShort(succeed(null))).toBe('200 Success')
    expect(inShort(failSync())).toContain('200/0 Sync Error')
  })
})

describe('numbers', () => {
  it('counts kilobytes of 1024 bytes with four decimals', () => {
    expect(kilobytes(0)).toBe(0)
    expect(kilobytes(1536)).toBe(1.5)
    expect(kilobytes(1)).toBe(0.001)
    expect(kilobytes(90_086_864)).toBe(87_975.4531)
    expect(JSON.stringify(kilobytes(Number.MAX_SAFE_INTEGER))).toBe('8796093022207.999')
  })

  it('writes times as RFC 3339 has them', () => {
    const at = Date.UTC(2020, 4, 15, 15, 6, 33, 999)
    const written = rfc3339(at)
    expect(written).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
    expect(Date.parse(written)).toBe(at - 999)
  })

  it('takes the placeholder of the document for UDP as no limit, and every other number as one', () => {
    expect(limitsOf('udp', { maxConnections: 2333, rateKb: 0 })).toEqual({
      maxConnections: null,
      perConnection: { up: null, down: null },
    })
    expect(limitsOf('udp', { maxConnections: 5, rateKb: 10 })).toEqual({
      maxConnections: 5,
      perConnection: { up: 10_240, down: 10_240 },
    })
    expect(limitsOf('tcp', { maxConnections: 2333, rateKb: 0 }).maxConnections).toBe(2333)
    const huge = limitsOf('tcp', { maxConnections: 10 ** 9, rateKb: 10 ** 12 })
    expect(huge.maxConnections).toBe(1_000_000)
    expect(huge.perConnection.up).toBe(100 * 1024 ** 3)
  })

  it('shows a panel its own numbers, or what a person set since', () => {
    const given = { maxConnections: 2333, rateKb: 100 }
    const limits = { ...noLimits, ...limitsOf('udp', given) }
    expect(shownLimits('udp', limits, given)).toEqual(given)
    const edited = { ...limits, maxConnections: 7, perConnection: { up: null, down: 5 * 1024 } }
    expect(shownLimits('udp', edited, given)).toEqual({ maxConnections: 7, rateKb: 5 })
    expect(shownLimits('tcp', noLimits, { maxConnections: 0, rateKb: 0 })).toEqual({ maxConnections: 0, rateKb: 0 })
  })
})
