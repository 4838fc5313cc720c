import { expect, it } from 'vitest'
import { createLedger, textOf } from './_ledger'
import { someFields } from './_replica'

const named = (name: string): typeof someFields => ({ ...someFields, name })
const holdsOnly =
  (...names: readonly string[]) =>
  (_localId: string, field: string, value: string): boolean =>
    field !== 'name' || names.map(textOf).includes(value)

it('calls an edit lost when another took its place without having seen it', () => {
  const ledger = createLedger()
  ledger.made('f', named('a'))
  ledger.edited('f', named('a'), named('b'))
  ledger.edited('f', named('a'), named('c'))
  expect(ledger.judge(holdsOnly('c')).lost).toEqual(['f name = "b"'])
  expect(ledger.judge(holdsOnly('c', 'b')).lost).toEqual([])
})

it('lets an edit give way to one that saw it, and to a deletion that saw it', () => {
  const ledger = createLedger()
  ledger.made('f', named('a'))
  ledger.edited('f', named('a'), named('b'))
  ledger.edited('f', named('b'), named('c'))
  expect(ledger.judge(holdsOnly('c'))).toMatchObject({ superseded: 2, lost: [] })
  ledger.deleted('f', named('b'))
  expect(ledger.judge(holdsOnly())).toMatchObject({ deleted: 2, lost: ['f name = "c"'] })
})
