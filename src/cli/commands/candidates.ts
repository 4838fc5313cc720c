/** What fits at the cursor, read from the tree of commands and from the daemon when one runs. */
import type { Command } from 'commander'
import { apiNames } from '@shared/apis'
import { cloudFieldNames, teamRoles } from '@shared/cloud-views'
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
    case '--to':
      return [
        { word: 'local', about: 'this machine only' },
        { word: 'personal', about: 'your account' },
        ...(await teamNames(context)),
      ]
    case '--role':
      return plainWords(teamRoles)
    case '--keep':
      return plainWords(['keychain', 'file', 'memory'])
    case '--by':
      return plainWords(['hour', 'day'])
    case '--send-proxy':
      return plainWords(['v1', 'v2', 'none'])
    case '--quota-then':
      return plainWords(['stop', 'slow', 'slow:'])
    case '--host-key':
      return plainWords(hostKeyPolicies)
    case '--health':
      return plainWords(['tcp', 'http', 'http:/', 'socks:', 'none'])
    case '--agent':
      return plainWords(['none', 'pageant'])
    case '--tag': {
      const tags = await fromDaemon(context, async (client) => {
        const views = await client.call('forwards.list', {})
        return views.flatMap(({ spec }) => spec.tags)
      })
      return plainWords([...new Set(tags)])
    }
    default:
      return []
  }
}

async function operandsOf(context: Context, command: Command, operands: number): Promise<readonly Candidate[]> {
  const parent = command.parent?.name() ?? ''
  if (parent === 'cloud' || command.parent?.parent?.name() === 'cloud') {
    return await cloudOperands(context, `${parent} ${command.name()}`, operands)
  }
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
      return operands === 1 ? plainWords(['tcp', 'udp']) : []
    case 'relay edit':
    case 'relay up':
    case 'relay down':
    case 'relay rm':
    case 'relay stats':
    case 'relay connections':
      return await relayNames(context)
    case 'api enable':
    case 'api disable':
      return plainWords(apiNames)
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
    case 'warren restore':
      return await fromDaemon(context, async (client) => {
        const removed = await client.call('forwards.removed', {})
        return removed.map(({ name, removedAt }) => ({ word: name, about: `removed ${removedAt}` }))
      })
    case 'warren kill':
      return await fromDaemon(context, async (client) => {
        const live = await client.call('connections.list', {})
        return live.map(({ id, forward }) => ({ word: id, about: printable(forward) }))
      })
    case 'warren completion':
      return plainWords(command.registeredArguments[0]?.argChoices ?? [])
    default:
      return []
  }
}

async function cloudOperands(context: Context, command: string, operands: number): Promise<readonly Candidate[]> {
  switch (command) {
    case 'cloud share':
      return await forwardNames(context)
    case 'cloud runs':
      return operands === 0 ? await forwardNames(context) : []
    case 'cloud own':
      return operands === 0 ? await forwardNames(context) : plainWords(cloudFieldNames)
    case 'secret set':
    case 'secret clear':
      if (operands === 0) return await forwardNames(context)
      return operands === 1 ? plainWords(['password', 'passphrase', 'key']) : []
    case 'cloud resolve':
      return operands > 0
        ? []
        : await fromDaemon(context, async (client) => {
            const conflicts = await client.call('cloud.conflicts', {})
            return conflicts.map(({ id, name, space }) => ({ word: id, about: printable(`${name} in ${space}`) }))
          })
    case 'team create':
    case 'team join':
      return []
    case 'team role':
      return operands === 2 ? plainWords(teamRoles) : await teamOperands(context, operands)
    default:
      return command.startsWith('team ') || command === 'key grant' ? await teamOperands(context, operands) : []
  }
}

/** A team; who is in it is not asked of the server at each key. */
async function teamOperands(context: Context, operands: number): Promise<readonly Candidate[]> {
  return operands === 0 ? await teamNames(context) : []
}

function teamNames(context: Context): Promise<readonly Candidate[]> {
  return fromDaemon(context, async (client) => {
    const { teams } = await client.call('cloud.status', {})
    return teams.map(({ name, role }) => ({ word: printable(name), about: role }))
  })
}

function plainWords(list: readonly string[]): readonly Candidate[] {
  return list.map((word) => ({ word, about: '' }))
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
