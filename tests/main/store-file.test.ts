import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultSettings, settingsSchema } from '@shared/settings'

vi.mock('electron', () => import('./electron-stub'))
const { openStoreFile, salvage } = await import('../../src/main/store-file')

let folder: string
let file: string
const open = () => openStoreFile({ folder, name: 'settings', schema: settingsSchema })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-settings-'))
  file = join(folder, 'settings.json')
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})

describe('a settings file', () => {
  it('that is missing gives the defaults', () => {
    const store = open()
    expect(store.get()).toEqual(defaultSettings)
    expect(store.setAside).toBeNull()
  })

  it('keeps a change for the next start', () => {
    expect(open().set({ theme: 'dark' }).theme).toBe('dark')
    expect(open().get()).toEqual({ ...defaultSettings, theme: 'dark' })
  })

  it('that is no JSON is set aside and the defaults hold', () => {
    writeFileSync(file, '{"theme": "dark"')
    const store = open()
    expect(store.get()).toEqual(defaultSettings)
    expect(readFileSync(store.setAside ?? '', 'utf8')).toBe('{"theme": "dark"')
  })

  it('with one bad field keeps the good ones and a copy of the whole', () => {
    writeFileSync(file, JSON.stringify({ theme: 'pink', groupBy: 'server', detailWidth: 1e9 }))
    const store = open()
    expect(store.get()).toEqual({ ...defaultSettings, groupBy: 'server' })
    expect(readFileSync(store.setAside ?? '', 'utf8')).toContain('pink')
  })

  it('of a newer version keeps the fields that this one does not know', () => {
    writeFileSync(file, JSON.stringify({ theme: 'light', inventedLater: 7 }))
    const store = open()
    expect(store.setAside).toBeNull()
    store.set({ notifications: false })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ theme: 'light', inventedLater: 7 })
  })

  it('that cannot be written leaves the choice in force', () => {
    const store = open()
    writeFileSync(join(folder, 'blocker'), '')
    const blocked = openStoreFile({ folder: join(folder, 'blocker', 'x'), name: 'settings', schema: settingsSchema })
    expect(blocked.set({ theme: 'dark' }).theme).toBe('dark')
    expect(store.get().theme).toBe('system')
    expect(readdirSync(folder)).toContain('blocker')
  })
})

describe('salvage', () => {
  it.each(['[]', 'null', '7', '"text"', ''])('takes %j for a damaged file', (text) => {
    expect(salvage(settingsSchema, text)).toEqual({ value: defaultSettings, damage: 'file' })
  })

  it('ignores a __proto__ field', () => {
    expect(salvage(settingsSchema, '{"__proto__": {"theme": "dark"}}').value.theme).toBe('system')
  })
})
