/** What fits at the cursor, read from the tree of commands and from the daemon when one runs. */
import type { Command } from 'commander'
import { apiNames } from '@shared/apis'
import { hostKeyPolicies } from '@shared/specs'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { printable } from '../table'

interface Candidate {
  readonly word: string
  readonly about: string
}

/** Prints one candidate a line: the word, a tab, what it is about. The last of `words` is the one being typed. */
export async function printCandidates(context: Context, program: Command, words: readonly string[]): Promise<number> {
  const typed = words.at(-1) ?? ''
  const candidates = await candidatesFor(context, program, words)
  for (const { word, about } of candidates) {
    if (word.startsWith(typed)) context.terminal.out(about === '' ? `${word}\n` : `${word}\t${about}\n`)
  }
  return DONE
}

// --- internal ---

async function candidatesFor(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1)
  const typed = words.at(-1) ?? ''
  const { command, operands } = walk(program, before)
  const previous = before.at(-1) ?? ''
  const option = [...command.options, ...program.options].find((one) => one.short === previous || one.long === previous)
  if (option !== undefined && (option.required || option.optional)) return await valuesOf(context, previous)
  if (typed.startsWith('-')) return optionsOf(command, program)
  const subcommands = command.commands
  if (subcommands.length > 0 && operands === 0) {
    const help = command === program ? [{ word: 'help', about: 'show help for a command' }] : []
    return [...subcommands.map((one) => ({ word: one.name(), about: one.description() })), ...help]
  }
  return await operandsOf(context, command, operands)
}

/** Follows the words down the tree; counts what is neither a command nor an option nor its value. */
function walk(program: Command, words: readonly string[]): { command: Command; operands: number } {
  let command = program
  let operands = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find((one) => one.short === word || one.long === word)
      if (option?.required === true) at++
      continue
    }
    const next =
      operands === 0 ? command.commands.find((one) => one.name() === word || one.aliases().includes(word)) : undefined
    if (next === undefined) operands++
    else command = next
  }
  return { command, operands }
}

function optionsOf(command: Command, program: Command): readonly Candidate[] {
  const own = command === program ? [] : command.options
  const all = [...own, ...program.options]
  return all.map((one) => ({ word: one.long ?? one.short ?? '', about: one.description }))
}

async function valuesOf(context: Context, option: string): Promise<readonly Candidate[]> {
  switch (option) {
    case '--server':
    case '--jump':
      return await serverNames(context)
    case '--by':
      return ['hour', 'day'].map((word) => ({ word, about: '' }))
    case '--send-proxy':
      return ['v1', 'v2', 'none'].map((word) => ({ word, about: '' }))
    case '--quota-then':
      return ['stop', 'slow', 'slow:'].map((word) => ({ word, about: '' }))
    case '--host-key':
      return hostKeyPolicies.map((word) => ({ word, about: '' }))
    case '--health':
      return ['tcp', 'http', 'http:/', 'socks:', 'none'].map((word) => ({ word, about: '' }))
    case '--agent':
      return ['none', 'pageant'].map((word) => ({ word, about: '' }))
    case '--tag': {
      const tags = await fromDaemon(context, async (client) => {
        const views = await client.call('forwards.list', {})
        return views.flatMap(({ spec }) => spec.tags)
      })
      return [...new Set(tags)].map((word) => ({ word, about: '' }))
    }
    default:
      return []
  }
}

async function operandsOf(context: Context, command: Command, operands: number): Promise<readonly Candidate[]> {
  const parent = command.parent?.name() ?? ''
  const isVariadic = command.registeredArguments.at(-1)?.variadic === true
  if (operands > 0 && !isVariadic) return []
  switch (`${parent} ${command.name()}`) {
    case 'server show':
    case 'server rm':
    case 'warren run':
    case 'warren config':
      return await serverNames(context)
    case 'trust rm':
    case 'trust write':
      return await fromDaemon(context, async (client) => {
        const keys = await client.call('trust.list', {})
        return keys.map(({ host, keyType }) => ({ word: printable(host), about: printable(keyType) }))
      })
    case 'relay add':
      return operands === 1 ? ['tcp', 'udp'].map((word) => ({ word, about: '' })) : []
    case 'relay edit':
    case 'relay up':
    case 'relay down':
    case 'relay rm':
    case 'relay stats':
    case 'relay connections':
      return await relayNames(context)
    case 'api enable':
    case 'api disable':
      return apiNames.map((word) => ({ word, about: '' }))
    case 'warren status':
    case 'warren connections':
    case 'warren logs':
    case 'warren limits':
    case 'warren traffic':
    case 'warren history':
      return [...(await forwardNames(context)), ...(await relayNames(context))]
    case 'warren up':
    case 'warren down':
    case 'warren check':
    case 'warren edit':
    case 'warren rm':
      return await forwardNames(context)
    case 'warren kill':
      return await fromDaemon(context, async (client) => {
        const live = await client.call('connections.list', {})
        return live.map(({ id, forward }) => ({ word: id, about: printable(forward) }))
      })
    case 'warren completion':
      return (command.registeredArguments[0]?.argChoices ?? []).map((word) => ({ word, about: '' }))
    default:
      return []
  }
}

function forwardNames(context: Context): Promise<readonly Candidate[]> {
  return fromDaemon(context, async (client) => {
    const views = await client.call('forwards.list', {})
    return views.map(({ snapshot }) => ({
      word: printable(snapshot.name),
      about: `${snapshot.state} via ${printable(snapshot.server)}`,
    }))
  })
}

function relayNames(context: Context): Promise<readonly Candidate[]> {
  return fromDaemon(context, async (client) => {
    const views = await client.call('relays.list', {})
    return views.map(({ snapshot }) => ({
      word: printable(snapshot.name),
      about: `${snapshot.state} ${snapshot.type}`,
    }))
  })
}

function serverNames(context: Context): Promise<readonly Candidate[]> {
  return fromDaemon(context, async (client) => {
    const servers = await client.call('servers.list', {})
    return servers.map(({ name, host }) => ({ word: printable(name), about: host }))
  })
}

/** A completion neither starts a daemon nor complains. */
async function fromDaemon<T>(
  { connect, home }: Context,
  read: (client: Awaited<ReturnType<Context['connect']>>) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    const client = await connect({ home, start: false })
    try {
      return await read(client)
    } finally {
      client.close()
    }
  } catch {
    return []
  }
}
