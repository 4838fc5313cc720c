/** The fields that specs are made of, and what each refuses. */
import { z } from 'zod'

export const MAX_PORT = 65_535
const MAX_NAME = 100
export const MAX_HOST = 255
export const MAX_PATH = 4096
export const MAX_TAGS = 32

export const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/
export const SPACE = /\s/

export const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_NAME, `must have at most ${MAX_NAME} characters`)
  .refine((value) => !CONTROL_CHARACTERS.test(value), 'must not contain control characters')

/** A host name, an address (IPv6 without brackets), `*`, or the absolute path of a Unix socket. */
export const host = z
  .string()
  .min(1, 'must not be empty')
  .refine((value) => value.length <= (value.startsWith('/') ? MAX_PATH : MAX_HOST), 'is too long')
  .refine((value) => !CONTROL_CHARACTERS.test(value), 'must not contain control characters')
  .refine((value) => value.startsWith('/') || !SPACE.test(value), 'must not contain spaces')
  .refine((value) => !value.startsWith('-'), 'must not start with a dash')

export const anyPort = z.int('must be a whole number').min(0, 'must be 0 to 65535').max(MAX_PORT, 'must be 0 to 65535')
export const realPort = z.int('must be a whole number').min(1, 'must be 1 to 65535').max(MAX_PORT, 'must be 1 to 65535')
const noNul = (value: string): boolean => !value.includes('\0')
export const filePath = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_PATH, 'is too long')
  .refine(noNul, 'must not contain NUL')
export const id = z.string().min(1).max(100)
export const timestamp = z.iso.datetime()

export const tagSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(50, 'must have at most 50 characters')
  .refine(
    (value) => !CONTROL_CHARACTERS.test(value) && !value.includes(','),
    'must not contain commas or control characters',
  )

/** The same fields without their defaults, so that a missing field of a patch stays missing. */
export function withoutDefaults<T extends z.ZodObject>(
  schema: T,
): z.ZodObject<{ [K in keyof T['shape']]: Undefaulted<T['shape'][K]> }> {
  const shape: Record<string, z.ZodType> = {}
  for (const [key, field] of Object.entries(schema.shape)) {
    shape[key] = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : (field as z.ZodType)
  }
  return z.strictObject(shape) as unknown as z.ZodObject<{ [K in keyof T['shape']]: Undefaulted<T['shape'][K]> }>
}
type Undefaulted<F> = F extends z.ZodDefault<infer Inner> ? Inner : F
