/** The addresses of a target's name, asked of the system at every connection. */
import { lookup, type LookupAddress } from 'node:dns'

/** Connections that come while the same name is being asked for share the answer: a storm must not ask a thousand times. */
const asking = new Map<string, Promise<readonly string[]>>()

/** What a name was the last time, for who asks whether a target leads back. */
const lastKnown = new Map<string, readonly string[]>()
const MAX_KNOWN = 10_000

/** The addresses that a name had when it was resolved last; none when it never was. */
export function knownAddresses(name: string): readonly string[] {
  return lastKnown.get(name) ?? []
}

/**
 * In the system's order of preference (RFC 6724), the families taking turns (RFC 8305 §4).
 *
 * Rejects with the system's error (ENOTFOUND, EAI_AGAIN, …).
 */
export function resolveName(name: string): Promise<readonly string[]> {
  const known = asking.get(name)
  if (known !== undefined) return known
  const answer = new Promise<readonly string[]>((resolve, reject) => {
    lookup(name, { all: true, verbatim: true }, (error, found) => {
      asking.delete(name)
      if (error !== null) {
        reject(error)
        return
      }
      const addresses = takingTurns(found)
      if (lastKnown.size >= MAX_KNOWN) lastKnown.clear()
      lastKnown.set(name, addresses)
      resolve(addresses)
    })
  })
  asking.set(name, answer)
  return answer
}

// --- internal ---

function takingTurns(found: readonly LookupAddress[]): readonly string[] {
  const first = found[0]?.family
  const leading = new Set(found.filter(({ family }) => family === first).map(({ address }) => address))
  const others = [...new Set(found.filter(({ family }) => family !== first).map(({ address }) => address))]
  return [
    ...[...leading].flatMap((address, at) => [address, ...others.slice(at, at + 1)]),
    ...others.slice(leading.size),
  ]
}
