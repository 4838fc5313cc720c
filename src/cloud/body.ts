/** Bodies: read once, bounded, JSON, and checked. */
import { type z } from '@hono/zod-openapi'
import type { RouteContext } from './context'
import { Problem } from './problem'

/** Ten thousand forwards with sealed keys fit. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Throws 400 for what is not JSON. An empty body is `undefined`. */
export async function readJson(context: RouteContext): Promise<unknown> {
  const text = await context.req.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(400, 'The body is not valid JSON')
  }
}

/** Throws 400 with one text for each thing that is wrong, in the form of the document's server. */
export async function readBody<T extends z.ZodType>(context: RouteContext, schema: T): Promise<z.output<T>> {
  return checked(schema, (await readJson(context)) ?? {})
}

export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  // PostgreSQL takes no NUL in a text, and no field has a use for one.
  if (hasNul(value)) throw new Problem(400, ['the body must not contain NUL'])
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Problem(400, parsed.error.issues.flatMap(textsOf))
}

// --- internal ---

/** Without recursion: a body may be nested as deep as it is long. */
function hasNul(value: unknown): boolean {
  const waiting = [value]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (typeof one === 'string' && one.includes('\0')) return true
    if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) waiting.push(inner)
  }
  return false
}

function textsOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `property ${key.slice(0, 100)} should not exist`)
  }
  const name = issue.path.join('.')
  return [`${name === '' ? 'the body' : name} ${issue.message}`]
}
