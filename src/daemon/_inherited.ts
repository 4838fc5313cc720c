/** What a starter leaves open in its children by mistake. */
import { closeSync, readdirSync, readlinkSync } from 'node:fs'

const FIRST = 3

/**
 * Closes sockets and pipes that came with the process, except `keep`. Call it before the first own socket. Linux only: elsewhere
 * Node closes them when it spawns.
 *
 * Chromium opens some of its descriptors without close-on-exec. A daemon that was started by the app would hold the app's standard
 * error and its sockets for as long as it lives, also after the app is dead. At this point Node itself has no socket, and both
 * ends of its pipes.
 */
export function closeInherited(keep: ReadonlySet<number>): void {
  if (process.platform !== 'linux') return
  const open = readdirSync('/proc/self/fd')
    .map((name) => ({ descriptor: Number(name), target: targetOf(name) }))
    .filter(({ descriptor }) => descriptor >= FIRST)
  for (const { descriptor, target } of open) {
    const isHalfPipe = target.startsWith('pipe:') && open.filter((other) => other.target === target).length === 1
    if ((target.startsWith('socket:') || isHalfPipe) && !keep.has(descriptor)) closeSync(descriptor)
  }
}

function targetOf(name: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${name}`)
  } catch {
    // The one that listed the folder is gone by now.
    return ''
  }
}
