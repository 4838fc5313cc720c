/** Which Node runs the daemon. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface NodePlaces {
  /** The packaged app's resources, or `null` in development. */
  readonly resources: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly isExecutable: (path: string) => boolean
}

/**
 * The Node for the daemon; `null` when there is none but Electron itself.
 *
 * A packaged app carries its own. In development it is the Node that runs npm, else the one on the PATH. Plain Node is
 * preferred because Electron's sandboxed heap moves the same bytes at a third of the speed.
 */
export function findNode(places: NodePlaces): string | null {
  const name = places.platform === 'win32' ? 'node.exe' : 'node'
  const candidates: string[] = []
  if (places.resources !== null) candidates.push(join(places.resources, 'node', name))
  for (const key of ['WARREN_NODE', 'npm_node_execpath', 'NODE']) {
    const value = places.env[key]
    if (value !== undefined && value !== '') candidates.push(value)
  }
  if (places.resources === null) {
    for (const folder of (places.env['PATH'] ?? '').split(delimiter)) {
      if (folder !== '') candidates.push(join(folder, name))
    }
  }
  return candidates.find((path) => places.isExecutable(path)) ?? null
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
