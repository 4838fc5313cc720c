/** A small JSON file of the app, kept by electron-store and checked by zod. */
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import Store from 'electron-store'
import type { z } from 'zod'
import { log } from './log'

export interface StoreFile<T extends object> {
  readonly get: () => T
  readonly set: (patch: Partial<T>) => T
  /** Where the damaged file was put, when there was one. */
  readonly setAside: string | null
}

export interface StoreFileOptions<S extends z.ZodObject> {
  readonly folder: string
  /** Without `.json`. */
  readonly name: string
  /** Every field has a default. */
  readonly schema: S
}

/**
 * Opens the file. What cannot be used is set aside under another name, never overwritten: a file that is no JSON as a whole; of
 * one with bad fields, a copy, and the good fields stay.
 */
export function openStoreFile<S extends z.ZodObject>(options: StoreFileOptions<S>): StoreFile<z.output<S>> {
  const { folder, name, schema } = options
  const path = join(folder, `${name}.json`)
  const read = salvage(schema, readText(path))
  const setAside = read.damage === 'none' ? null : putAside(path, read.damage)
  let value = read.value
  const store = openStore(folder, name)
  return {
    get: () => value,
    set: (patch) => {
      value = schema.parse({ ...value, ...patch })
      try {
        store?.set(value)
      } catch (error) {
        // The choice holds until the app ends, even where it cannot be kept.
        log('error', `${name}.json cannot be written`, error)
      }
      return value
    },
    setAside,
  }
}

export interface Salvaged<T> {
  readonly value: T
  readonly damage: 'none' | 'fields' | 'file'
}

/** Reads what can be read: unknown fields are ignored, bad ones get their default, a file that is no object gives all defaults. */
export function salvage<S extends z.ZodObject>(schema: S, text: string | null): Salvaged<z.output<S>> {
  if (text === null) return { value: schema.parse({}), damage: 'none' }
  const read = parseObject(text)
  if (read === null) return { value: schema.parse({}), damage: 'file' }
  const good: Record<string, unknown> = {}
  let damage: 'none' | 'fields' = 'none'
  for (const [key, field] of Object.entries(schema.shape)) {
    if (!Object.hasOwn(read, key)) continue
    const parsed = (field as z.ZodType).safeParse(read[key])
    if (parsed.success) good[key] = parsed.data
    else damage = 'fields'
  }
  return { value: schema.parse(good), damage }
}

/** A folder that cannot be written must not keep the app from starting: `null`, and choices hold until it ends. */
function openStore(folder: string, name: string): Store | null {
  try {
    return new Store({ cwd: folder, name, clearInvalidConfig: true, configFileMode: 0o600 })
  } catch (error) {
    log('error', `${name}.json cannot be kept in ${folder}`, error)
    return null
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log('warn', `${path} cannot be read`, error)
    return null
  }
}

function putAside(path: string, damage: 'fields' | 'file'): string | null {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
  try {
    if (damage === 'file') renameSync(path, aside)
    else copyFileSync(path, aside)
    log('warn', `${path} was damaged; it is kept as ${aside}`)
    return aside
  } catch (error) {
    log('warn', `${path} is damaged and cannot be set aside`, error)
    return null
  }
}
