/** `action_data`: a JSON object whose types are taken strictly. */

/** What an action was given. A value of another type counts as missing. */
export interface Parameters {
  /** Empty when missing. */
  readonly text: (name: string) => string
  /** Truncated to a whole number; 0 when missing. */
  readonly whole: (name: string) => number
  readonly flag: (name: string) => boolean
  readonly hasNumber: (name: string) => boolean
}

/** `null` for no parameters: nothing, malformed JSON, anything but an object, an empty object. */
export function readParameters(json: string): Parameters | null {
  const data = parse(json)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
  // Own members only: what every object has by itself was not sent by anybody.
  const members = new Map<string, unknown>(Object.entries(data))
  if (members.size === 0) return null
  return {
    text: (name) => {
      const value = members.get(name)
      // Halves of characters cannot be stored: they become replacement characters, as in the original.
      return typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : ''
    },
    whole: (name) => {
      const value = members.get(name)
      return typeof value === 'number' ? Math.trunc(value) : 0
    },
    flag: (name) => members.get(name) === true,
    hasNumber: (name) => typeof members.get(name) === 'number',
  }
}

// --- internal ---

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
