/** Commands whose output is a figure, and the arithmetic of comparing them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ASKER = fileURLToPath(new URL('./_udp-asker.mjs', import.meta.url))
const MEBIBYTE = 1024 * 1024
const BITS_PER_BYTE = 8
const IPERF_ATTEMPTS = 10
const IPERF_PAUSE_MS = 300

export interface Sample {
  readonly name: string
  readonly values: readonly number[]
}

/** Runs every contender once per round, in turn (A B C, A B C …), so that a slow moment of the machine hits all of them. */
export async function sideBySide(
  contenders: readonly { readonly name: string; readonly measure: () => Promise<number> }[],
  rounds: number,
): Promise<readonly Sample[]> {
  const values = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) values[index]?.push(await contender.measure())
  }
  return contenders.map((contender, index) => ({ name: contender.name, values: values[index] ?? [] }))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The median of the ratios round by round: what stays true when the machine's speed drifts. */
export function ratio(ours: Sample, theirs: Sample): number {
  return median(ours.values.map((value, round) => value / (theirs.values[round] ?? Number.NaN)))
}

/** iperf3 through a port; MiB/s that arrived. `down` lets the server send. */
export async function iperf(
  port: number,
  options: { down: boolean; seconds: number; warmUp?: number },
): Promise<number> {
  const args = ['-c', '127.0.0.1', '-p', String(port), '-t', String(options.seconds), '-J', '-l', '128K']
  if (options.down) args.push('-R')
  if (options.warmUp !== undefined) args.push('-O', String(options.warmUp))
  for (let attempt = 1; ; attempt += 1) {
    const { stdout } = await run('iperf3', args, { maxBuffer: 16 * MEBIBYTE })
    const { end, error } = JSON.parse(stdout) as IperfReport
    if (end.sum_received !== undefined) return end.sum_received.bits_per_second / BITS_PER_BYTE / MEBIBYTE
    // Its server takes one client at a time, and whoever looked whether the port is open may have been one.
    if (attempt === IPERF_ATTEMPTS) throw new Error(`iperf3 measured nothing: ${error ?? 'it says no reason'}`)
    await new Promise((resolve) => {
      setTimeout(resolve, IPERF_PAUSE_MS)
    })
  }
}

interface IperfReport {
  readonly end: { readonly sum_received?: { readonly bits_per_second: number } }
  readonly error?: string
}

/** wrk through a port; requests per second. `fresh` makes a new connection for each. Answers that fail are an error. */
export async function wrk(
  port: number,
  options: { fresh: boolean; seconds: number; connections: number },
): Promise<number> {
  const args = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`]
  if (options.fresh) args.push('-H', 'Connection: close')
  const { stdout } = await run('wrk', [...args, `http://127.0.0.1:${port}/`])
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  if (rate === undefined) throw new Error(`wrk printed no rate:\n${stdout}`)
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1]
  if (failed !== undefined) throw new Error(`wrk saw ${failed} failed answers`)
  return Number(rate)
}

export interface Datagrams {
  /** Per second, as they arrived. */
  readonly arrived: number
  /** Of those sent, percent. */
  readonly lost: number
}

/** iperf3's datagrams of 64 bytes from some sources at once; `perSecond` of all together, or as fast as it can. Its control connection takes the same port. */
export async function iperfDatagrams(
  port: number,
  options: { sources: number; seconds: number; perSecond: number | null },
): Promise<Datagrams> {
  const { sources, seconds, perSecond } = options
  const bits = perSecond === null ? 0 : Math.round((perSecond / sources) * DATAGRAM_BYTES * BITS_PER_BYTE)
  const args = ['-u', '-c', '127.0.0.1', '-p', String(port), '-P', String(sources), '-t', String(seconds)]
  args.push('-l', String(DATAGRAM_BYTES), '-b', String(bits), '-J')
  for (let attempt = 1; ; attempt += 1) {
    // A relay that lost the first or last word of it leaves it waiting.
    const timeout = (seconds + IPERF_PATIENCE_SECONDS) * 1000
    const { stdout } = await run('iperf3', args, { maxBuffer: 16 * MEBIBYTE, timeout }).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
    )
    const { end, error } = reportOf(stdout)
    if (end?.sum?.packets !== undefined && end.sum.packets > 0) {
      const { packets, lost_packets, lost_percent, seconds: took } = end.sum
      return { arrived: (packets - lost_packets) / took, lost: lost_percent }
    }
    if (attempt === IPERF_ATTEMPTS) throw new Error(`iperf3 measured nothing: ${error ?? 'it says no reason'}`)
    await new Promise((resolve) => {
      setTimeout(resolve, IPERF_PAUSE_MS)
    })
  }
}

const DATAGRAM_BYTES = 64
const IPERF_PATIENCE_SECONDS = 4

function reportOf(stdout: string): UdpReport {
  try {
    return JSON.parse(stdout) as UdpReport
  } catch {
    return {}
  }
}

interface UdpReport {
  readonly end?: {
    readonly sum?: {
      readonly packets: number
      readonly lost_packets: number
      readonly lost_percent: number
      readonly seconds: number
    }
  }
  readonly error?: string
}

/** New sources a second that ask once and are answered. */
export async function newSources(port: number, seconds: number): Promise<number> {
  const { stdout } = await run(process.execPath, [ASKER, String(port), String(seconds)])
  return Number(stdout)
}
