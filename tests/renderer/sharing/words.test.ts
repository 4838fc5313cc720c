import { PERSONAL } from '@shared/cloud-views'
import { describe, expect, it } from 'vitest'
import {
  localSpace,
  moveMeaning,
  notShareable,
  remarkOf,
  removalMeaning,
  spaceOf,
  spacesOf,
  takesAway,
} from '../../../src/renderer/src/sharing/words'
import { readersOf, secretHindrance, takenBackWords } from '../../../src/renderer/src/sharing/secret-words'
import { makeCloud, makeForwardCloud, OPS, signedOut, WEB } from '../harness/_cloud'
import { makeFault, makeForward } from '../harness/_data'

const [local, personal, ops, web] = spacesOf(makeCloud()) as [
  typeof localSpace,
  typeof localSpace,
  typeof localSpace,
  typeof localSpace,
]

describe('where a forward can be kept', () => {
  it('is this machine alone without an account', () => {
    expect(spacesOf(null)).toEqual([localSpace])
    expect(spacesOf(signedOut)).toEqual([localSpace])
  })

  it('names the account and each team, and where one may only run what is there', () => {
    expect(spacesOf(makeCloud()).map(({ name, mayWrite }) => [name, mayWrite])).toEqual([
      ['This machine only', true],
      ['Personal', true],
      ['ops', true],
      ['web', false],
      ['Plattform-Betrieb Frankfurt und Rechenzentrum Süd', true],
    ])
    expect(spaceOf(makeForwardCloud('db', { namespace: WEB, space: 'web', editable: false }))).toMatchObject({
      namespace: WEB,
      mayWrite: false,
    })
  })
})

describe('a move', () => {
  it('to a team says what its members get and what stays', () => {
    expect(moveMeaning(local, ops)).toBe(
      'Everybody in ops gets its ends, the address of its server, tags and description; it starts nowhere by itself. Your user name, keys and passwords stay here.',
    )
    expect(takesAway(local, ops)).toBe(false)
  })

  it('away from a team says that others lose it', () => {
    expect(moveMeaning(ops, local)).toMatch(/^It goes away for everybody in ops; who runs it/)
    expect(moveMeaning(ops, personal)).toMatch(/goes away for everybody in ops.*every machine where you sign in/)
    expect(moveMeaning(ops, web)).toMatch(/goes away for everybody in ops.*Everybody in web gets/)
    expect([takesAway(ops, local), takesAway(ops, web), takesAway(ops, ops)]).toEqual([true, true, false])
  })

  it('out of the account concerns only the own machines', () => {
    expect(moveMeaning(personal, local)).toBe('It goes away from your other machines. Here it stays as it is.')
    expect(takesAway(personal, local)).toBe(false)
  })
})

describe('what cannot be shared', () => {
  const reason = (spec: object, demo = false): string | null =>
    notShareable({ ...makeForward('db').spec, ...spec }, { demo })

  it('is a range, a line of the ssh config, and what goes to the demo server', () => {
    expect(reason({})).toBeNull()
    expect(reason({ bindAddress: '/run/db.sock' })).toBeNull()
    expect(reason({ portCount: 10 })).toMatch(/range cannot be shared/)
    expect(reason({ configLine: 'bastion LocalForward 5432 db:5432' })).toMatch(/line of your ssh config/)
    expect(reason({}, true)).toMatch(/demo server/)
  })
})

describe('the remark on a row', () => {
  it('is what a person should do first, then what is otherwise here', () => {
    const remapped = { from: 5432, to: 5433 }
    expect(remarkOf(null)).toBeNull()
    expect(remarkOf(makeForwardCloud('db'))).toBeNull()
    expect(remarkOf(makeForwardCloud('db', { state: 'waiting' }))).toBeNull()
    expect(remarkOf(makeForwardCloud('db', { state: 'conflict', remapped }))).toEqual({
      tone: 'needs',
      text: 'Differs from ops: decide which counts',
    })
    expect(remarkOf(makeForwardCloud('db', { namespace: PERSONAL, space: 'Personal', state: 'conflict' }))?.text).toBe(
      'Differs from your other machines: decide which counts',
    )
    const fault = makeFault({ code: 'cloud.refused', message: 'The name is too long.' })
    expect(remarkOf(makeForwardCloud('db', { state: 'refused', fault }))).toEqual({
      tone: 'failed',
      text: fault.message,
    })
    expect(remarkOf(makeForwardCloud('db', { remapped }))?.text).toBe('Port 5433 here, since 5432 is taken')
  })
})

describe('a removal', () => {
  it('means something for others only where a team has it', () => {
    const db = makeForwardCloud('db')
    const web = makeForwardCloud('web', { namespace: WEB, space: 'web' })
    const mine = makeForwardCloud('mine', { namespace: PERSONAL, space: 'Personal' })
    expect(removalMeaning([null, mine])).toBeNull()
    expect(removalMeaning([db])).toBe('It goes away for everybody in ops.')
    expect(removalMeaning([db, web, db, null])).toBe('What belongs to ops and web goes away for everybody there.')
  })
})

describe('a shared secret', () => {
  const cloud = makeForwardCloud('db')
  it('is read by those who hold the key, and known to them after it is taken back', () => {
    expect(readersOf(cloud)).toBe(
      'Sealed on this machine. Every member of ops who holds the key of the team can open and use it; the server cannot.',
    )
    expect(takenBackWords(cloud, 'bastion')).toMatch(/may know it still: change it on bastion too/)
  })

  it('needs a server that keeps sealed text, a key, and the recovery code', () => {
    const team = { key: 'ready' } as const
    expect(secretHindrance({ key: 'unsupported' }, cloud, team)).toMatchObject({ action: null })
    expect(secretHindrance(null, cloud, team)).toMatchObject({ action: null })
    expect(secretHindrance({ key: 'none' }, cloud, team)?.action).toEqual({ label: 'Make the key…', to: 'account' })
    expect(secretHindrance({ key: 'locked' }, cloud, team)?.action).toEqual({ label: 'Unlock…', to: 'account' })
    expect(secretHindrance({ key: 'ready' }, cloud, { key: 'waiting' })?.action?.to).toBe('team')
    expect(secretHindrance({ key: 'ready' }, cloud, team)).toBeNull()
    expect(secretHindrance({ key: 'ready' }, { namespace: PERSONAL }, undefined)).toBeNull()
    expect(OPS).toBe(cloud.namespace)
  })
})
