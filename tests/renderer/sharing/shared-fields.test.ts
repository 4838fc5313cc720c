import type { CloudFields, ForwardCloud } from '@shared/cloud-views'
import type { ForwardView } from '@shared/snapshots'
import { describe, expect, it } from 'vitest'
import { followForm } from '../../../src/renderer/src/screens/editor/form-beginning'
import { formOf } from '../../../src/renderer/src/screens/editor/form'
import { ownValues, sharedRows, type SharedRow } from '../../../src/renderer/src/screens/editor/shared-fields'
import { servers } from '../harness/_data'
import { fieldsOf, makeShared } from '../harness/_sharing'

function rowsOf(view: ForwardView, change: object = {}): Readonly<Record<string, SharedRow>> {
  const cloud = view.cloud as ForwardCloud
  const form = { ...formOf(view.spec), ...change }
  const rows = sharedRows({ form, spec: view.spec, cloud, server: servers[0] })
  return Object.fromEntries(rows.map((row) => [row.id, row]))
}
const differing = (view: ForwardView, shared: Partial<CloudFields>): ForwardView => ({
  ...view,
  cloud: { ...(view.cloud as ForwardCloud), shared: { ...fieldsOf(view), ...shared } },
})

describe('the two columns', () => {
  const db = makeShared('db', {}, { spec: { localPort: 15_432 } })

  it('mark what is of this machine, and show the shared value beside it', () => {
    const rows = rowsOf(differing(db, { localPort: 5432 }))
    expect(rows.listenPort).toMatchObject({ shared: '5432', mine: '15432', own: true, differs: true })
    expect(rows.targetPort).toMatchObject({ shared: '5432', mine: '5432', own: false, differs: false })
    expect(rows.server).toMatchObject({ shared: 'bastion.example.net', mine: 'bastion', differs: false })
    expect(rows.username).toMatchObject({ shared: null, mine: 'deploy', own: true, choosable: false })
  })

  it('show what is typed and would be sent to others', () => {
    const rows = rowsOf(db, { targetPort: '6432', tags: ['a', 'b'] })
    expect(rows.targetPort).toMatchObject({ shared: '5432', mine: '6432', own: false, differs: true })
    expect(rows.tags).toMatchObject({ shared: null, mine: 'a, b', differs: true })
  })

  it('take an address that is left out for the one it stands for', () => {
    const rows = rowsOf(differing(db, { localHost: '127.0.0.1' }))
    expect(rows.listenAddress).toBeUndefined()
    expect(rowsOf(differing(db, { bindAddress: '0.0.0.0' })).listenAddress).toMatchObject({
      shared: '0.0.0.0',
      mine: '127.0.0.1',
      own: true,
    })
  })

  it('know on which side the ends of each kind are', () => {
    const remote = makeShared(
      'hook',
      { overrides: ['localHost', 'localPort', 'bindPort', 'username'] },
      { spec: { type: 'remote', remoteHost: null, remotePort: 9000, localHost: '127.0.0.1', localPort: 3000 } },
    )
    const rows = rowsOf(differing(remote, { localPort: 3001 }))
    expect(rows.listenPort).toMatchObject({ label: 'Port on the server', own: false })
    expect(rows.targetPort).toMatchObject({ label: 'Port here', shared: '3001', mine: '3000', own: true })
  })

  it('say only that the kind changes when it does', () => {
    expect(Object.keys(rowsOf(db, { type: 'dynamic' }))).toEqual(['type'])
  })

  it('offer no port of others where they have none', () => {
    expect(rowsOf(differing(db, { localPort: null })).listenPort).toMatchObject({ shared: null, choosable: false })
  })

  it('are empty until the server confirmed the forward', () => {
    expect(rowsOf({ ...db, cloud: { ...(db.cloud as ForwardCloud), shared: null } })).toEqual({})
  })

  it('leave what is mine and equal out of what the pane lists', () => {
    const own = (view: ForwardView): readonly string[] => ownValues(Object.values(rowsOf(view))).map(({ id }) => id)
    expect(own(db)).toEqual([])
    expect(own(differing(db, { localPort: 5432 }))).toEqual(['listenPort'])
  })
})

describe('a form that is open while the forward changes', () => {
  const before = formOf(makeShared('db').spec)

  it('takes what nobody touched, and keeps what was typed', () => {
    const typed = { ...before, description: 'mine' }
    const now = { ...before, targetHost: 'db-2', targetPort: '6432' }
    expect(followForm(typed, before, now)).toEqual({
      form: { ...now, description: 'mine' },
      contested: [],
    })
  })

  it('says where both changed the same', () => {
    const typed = { ...before, targetPort: '7000' }
    const { form, contested } = followForm(typed, before, { ...before, targetPort: '6432' })
    expect(form.targetPort).toBe('7000')
    expect(contested).toEqual(['targetPort'])
    expect(followForm(typed, before, { ...before, targetPort: '7000' }).contested).toEqual([])
  })
})
