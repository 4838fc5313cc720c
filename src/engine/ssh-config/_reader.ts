/** Reads config files line by line: Host, Match and Include steer, everything else goes to its reader. */
import { Complaint, complain, configFault, type LocatedComplaint } from './_complaint'
import type { Directive } from './_directive'
import { findKeyword } from './_keywords'
import { cutKeyword, splitArguments } from './_lex'
import { matchLine, type Pass } from './_match'
import { matchesPattern, matchList } from './_pattern'
import type { ConfigForward, ConfigHost, Origin } from './types'

/** How deep Include may nest. */
const MAX_DEPTH = 16

/** What reading gathers beside the settings. */
export interface Gathered {
  readonly forwards: ConfigForward[]
  readonly hosts: Map<string, ConfigHost>
  readonly files: Set<string>
  readonly includes: Set<string>
  /** Options that were set and their lines, for what Warren does not honour. */
  readonly seen: { readonly keyword: string; readonly value: string; readonly origin: Origin }[]
}

export function createGathered(): Gathered {
  return { forwards: [], hosts: new Map(), files: new Set(), includes: new Set(), seen: [] }
}

export interface ReadContext {
  readonly pass: Pass
  readonly gathered: Gathered
}

export interface FileOptions {
  readonly byUser: boolean
  /** Whether a file that others may write is refused. */
  readonly checkTrust: boolean
}

interface Place extends FileOptions {
  readonly depth: number
  /** False inside an Include of a block that does not apply: lines are checked and have no effect. */
  readonly canMatch: boolean
}

interface LineResult {
  readonly active: boolean
}

export type FileOutcome =
  { readonly kind: 'read' } | { readonly kind: 'missing' } | { readonly kind: 'unreadable'; readonly reason: string }

/** Reads one file with all it includes. Throws `config.invalid` naming each line that ssh would refuse. */
export function readConfigFile(context: ReadContext, path: string, options: FileOptions): Promise<FileOutcome> {
  return readFile(context, path, { place: { ...options, depth: 0, canMatch: true }, active: true })
}

async function readFile(
  context: ReadContext,
  path: string,
  at: { place: Place; active: boolean },
): Promise<FileOutcome> {
  const { place } = at
  const whole: Origin = { kind: 'file', file: path, line: 0 }
  if (place.depth > MAX_DEPTH)
    throw configFault([{ message: 'Include is nested too deep (a file that includes itself?)', origin: whole }])
  context.gathered.files.add(path)
  const file = await context.pass.ports.readFile(path)
  if (file.kind !== 'text') return file
  if (place.checkTrust && !file.trusted) {
    throw configFault([{ message: 'its owner or permissions would let somebody else change it', origin: whole }])
  }
  const complaints: LocatedComplaint[] = []
  let active = at.active
  let line = 0
  for (const text of file.text.split('\n')) {
    line += 1
    const origin: Origin = { kind: 'file', file: path, line }
    try {
      ;({ active } = await readLine(context, text, { place, origin, active }))
    } catch (error) {
      if (!(error instanceof Complaint)) {
        // An included file is the end of it, but what was wrong before comes first.
        const [first, ...others] = complaints
        throw first === undefined ? error : configFault([first, ...others])
      }
      complaints.push({ message: error.message, origin })
      // ssh goes on with the next line; a Host or Match line that is refused leaves no block open.
      if (/^\s*(host|match)\b/i.test(text)) active = false
    }
  }
  const [first, ...others] = complaints
  if (first !== undefined) throw configFault([first, ...others])
  return { kind: 'read' }
}

interface LineAt {
  readonly place: Place
  readonly origin: Origin
  readonly active: boolean
}

async function readLine(context: ReadContext, text: string, at: LineAt): Promise<LineResult> {
  const cut = cutKeyword(text)
  if (cut === null) return at
  if (cut.raw === '') complain(`nothing stands behind ${cut.keyword}`)
  const args = splitArguments(cut.raw) ?? complain('a quote is not closed')
  switch (cut.keyword) {
    case 'host':
      return { active: hostLine(context, args, at) }
    case 'match': {
      const matched = await matchLine(cut.raw, context.pass, { origin: at.origin, mayRun: at.place.canMatch })
      return { active: matched && at.place.canMatch }
    }
    case 'include':
      await includeLine(context, args, at)
      return at
    default:
      applyLine(context, { keyword: cut.keyword, raw: cut.raw, args }, at)
      return at
  }
}

function hostLine(context: ReadContext, args: readonly string[], at: LineAt): boolean {
  const { gathered, pass } = context
  for (const name of args) {
    if (name !== '' && !/[*?!]/.test(name) && !gathered.hosts.has(name))
      gathered.hosts.set(name, { name, origin: at.origin })
  }
  let active = false
  for (const arg of args) {
    if (arg === '') complain('host has an empty argument')
    if (!at.place.canMatch) return false
    const negated = arg.startsWith('!')
    if (!matchesPattern(pass.host, negated ? arg.slice(1) : arg)) continue
    if (negated) return false
    active = true
  }
  return active
}

/** Files that match a pattern are read as if they stood here; the block they leave open ends with them. */
async function includeLine(context: ReadContext, args: readonly string[], at: LineAt): Promise<void> {
  const { place, active } = at
  for (const arg of args) {
    if (arg === '') complain('include has an empty argument')
    const pattern = includePattern(context, arg, place.byUser)
    if (pattern === null) continue
    context.gathered.includes.add(pattern)
    for (const path of await context.pass.ports.glob(pattern)) {
      const outcome = await readFile(context, path, {
        place: { ...place, checkTrust: true, depth: place.depth + 1, canMatch: place.canMatch && active },
        active,
      })
      if (outcome.kind === 'unreadable') complain(`the included file ${path} cannot be read: ${outcome.reason}`)
    }
  }
}

function includePattern(context: ReadContext, arg: string, byUser: boolean): string | null {
  const { environment } = context.pass
  if (arg.startsWith('~') && !byUser) complain(`a system file cannot include "${arg}"`)
  if (arg.startsWith('/')) return arg
  if (!byUser) return `${environment.systemFolder ?? '/etc/ssh'}/${arg}`
  // glob(3) takes ~ from the variable HOME first, unlike the rest of ssh.
  const variable = environment.variables.HOME
  const own = variable === undefined || variable === '' ? environment.home : variable
  if (!arg.startsWith('~')) return `${escapeGlob(own)}/.ssh/${arg}`
  const slash = arg.indexOf('/')
  const user = slash === -1 ? arg.slice(1) : arg.slice(1, slash)
  const home = user === '' ? own : environment.homes?.get(user)
  return home === undefined ? null : `${escapeGlob(home)}${slash === -1 ? '' : arg.slice(slash)}`
}

function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&')
}

export interface CutLine {
  readonly keyword: string
  readonly raw: string
  readonly args: string[]
}

/** Hands one option to its reader, and complains of what is unknown or left over. */
export function applyLine(
  context: ReadContext,
  cut: CutLine,
  at: { place: { byUser: boolean }; origin: Origin; active: boolean },
): void {
  const { pass, gathered } = context
  const keyword = findKeyword(cut.keyword, pass.release)
  if (keyword === null) {
    const ignored = pass.settings.get('ignoreunknown')?.value
    if (ignored !== undefined && matchList(cut.keyword, ignored, true) === 'matched') return
    complain(`"${cut.keyword}" is not an option of ssh_config`)
  }
  const line: Directive = {
    keyword: keyword.name,
    args: [...cut.args],
    raw: cut.raw,
    active: at.active,
    origin: at.origin,
    byUser: at.place.byUser,
    settings: pass.settings,
    forwards: gathered.forwards,
    environment: pass.environment,
    release: pass.release,
  }
  keyword.reader(line)
  if (line.args.length > 0)
    complain(`${keyword.name} has extra arguments at the end of the line: ${line.args.join(' ')}`)
  if (at.active) gathered.seen.push({ keyword: keyword.name, value: cut.raw, origin: at.origin })
}

/** An option of the command line, `-o KEYWORD=VALUE`. */
export function readOption(context: ReadContext, text: string, origin: Origin): void {
  const cut = cutKeyword(text)
  if (cut === null) return
  if (cut.raw === '') complain(`nothing stands behind ${cut.keyword}`)
  const args = splitArguments(cut.raw) ?? complain('a quote is not closed')
  if (['host', 'match', 'include'].includes(cut.keyword)) complain(`${cut.keyword} cannot stand on a command line`)
  applyLine(context, { ...cut, args }, { place: { byUser: true }, origin, active: true })
}
