import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cloudFieldNames, type CloudField, type CloudFields } from '../../src/shared/cloud-views'
import { isSameValue, withFields } from '../../src/sync/fields'
import { changedHere, merge, type Sides } from '../../src/sync/merge'
import { someFields } from './_replica'

const sealed = fc.constantFrom(null, 'warren-sealed:1:0:aa', 'warren-sealed:1:1:bb', 'warren-sealed:1:2:cc')
const host = fc.constantFrom('a.example', 'b.example', 'c.example')
const port = fc.constantFrom(1, 2, 3)
/** Few values, so that sides agree as often as not. */
const anyFields: fc.Arbitrary<CloudFields> = fc.record({
  name: fc.constantFrom('x', 'y', 'z'),
  type: fc.constantFrom('local' as const, 'remote' as const, 'dynamic' as const),
  localHost: fc.option(host),
  localPort: port,
  remoteHost: host,
  remotePort: port,
  bindAddress: fc.option(host),
  bindPort: fc.option(port),
  serverAddress: host,
  username: fc.option(fc.constantFrom('ada', 'bob')),
  tags: fc.constantFrom<readonly string[]>([], ['a'], ['a', 'b'], ['b', 'a']),
  description: fc.constantFrom('', 'd', 'e'),
  password: sealed,
  keyContent: sealed,
  passphrase: sealed,
})
const someNames = fc.subarray<CloudField>([...cloudFieldNames])
const anySides: fc.Arbitrary<Sides & { readonly base: CloudFields }> = fc.record({
  base: anyFields,
  mine: anyFields,
  theirs: anyFields,
  overrides: someNames,
  missing: someNames,
})

describe('merge', () => {
  it('takes each change of one side, and lets what both changed differently wait', () => {
    fc.assert(
      fc.property(anySides, (sides) => {
        const { base, mine, theirs, overrides, missing = [] } = sides
        const { fields, conflicts } = merge(sides)
        for (const name of cloudFieldNames) {
          const isMine = overrides.includes(name) || missing.includes(name)
          const [here, there] = [!isSameValue(mine[name], base[name]), !isSameValue(theirs[name], base[name])]
          if (isMine || !there) expect(fields[name]).toEqual(mine[name])
          else if (!here) expect(fields[name]).toEqual(theirs[name])
          else if (isSameValue(mine[name], theirs[name])) expect(fields[name]).toEqual(mine[name])
          else expect(conflicts).toContain(name)
          if (conflicts.includes(name)) expect(fields[name]).toEqual(mine[name])
        }
      }),
    )
  })

  it('comes to the same whichever side it is made on', () => {
    fc.assert(
      fc.property(anySides, (sides) => {
        const { mine, theirs } = sides
        const shared = { ...sides, overrides: [], missing: [] }
        const here = merge(shared)
        const there = merge({ ...shared, mine: theirs, theirs: mine })
        expect(there.conflicts).toEqual(here.conflicts)
        const settled = cloudFieldNames.filter((name) => !here.conflicts.includes(name))
        for (const name of settled) expect(there.fields[name]).toEqual(here.fields[name])
      }),
    )
  })

  it('changes nothing the second time, and forgets no conflict', () => {
    fc.assert(
      fc.property(anySides, (sides) => {
        const once = merge(sides)
        const twice = merge({ ...sides, base: once.base, mine: once.fields })
        expect(twice).toEqual(once)
      }),
    )
  })

  it('leaves the same on both sides when what differs afterwards is sent', () => {
    fc.assert(
      fc.property(anySides, (sides) => {
        const { theirs, overrides, missing = [] } = sides
        const { fields, base, conflicts } = merge(sides)
        if (conflicts.length > 0) return
        const sent = changedHere({ base, mine: fields, overrides })
        const there = withFields(theirs, sent, fields)
        const shared = cloudFieldNames.filter((name) => !overrides.includes(name) && !missing.includes(name))
        for (const name of shared) expect(there[name]).toEqual(fields[name])
      }),
    )
  })

  it('never sends what is this machine’s own, and knows the shared value of it', () => {
    fc.assert(
      fc.property(anySides, (sides) => {
        const { theirs, overrides, missing = [] } = sides
        const { fields, base, conflicts } = merge(sides)
        expect(changedHere({ base, mine: fields, overrides }).some((name) => overrides.includes(name))).toBe(false)
        if (base === null || conflicts.length > 0) return
        for (const name of overrides) if (!missing.includes(name)) expect(base[name]).toEqual(theirs[name])
      }),
    )
  })

  it('asks for every difference when nothing was ever agreed on', () => {
    const theirs = { ...someFields, name: 'other', remotePort: 443 }
    expect(merge({ base: null, mine: someFields, theirs, overrides: [] })).toEqual({
      fields: someFields,
      base: null,
      conflicts: ['name', 'remotePort'],
    })
  })

  it('lets both sides wait when their sum is no forward', () => {
    const base = { ...someFields, localPort: 80, bindPort: 81 }
    const mine = { ...base, localPort: null }
    const theirs = { ...base, bindPort: null }
    const merged = merge({ base, mine, theirs, overrides: [] })
    expect(merged).toEqual({ fields: mine, base, conflicts: ['localPort', 'bindPort'] })
  })

  it('takes port 0, which the document cannot say, for the nothing that comes back of it', () => {
    const mine = { ...someFields, bindPort: 0 }
    const { fields, conflicts, base } = merge({ base: someFields, mine, theirs: someFields, overrides: [] })
    expect(conflicts).toEqual([])
    expect(fields.bindPort).toBe(0)
    expect(changedHere({ base, mine: fields, overrides: [] })).toEqual([])
  })
})
