import { canonicalize, isAddress } from './_canonical'
import { applyCommandOptions, applyDestination, checkNames, type CommandLine } from './_command-line'
import { complain, configFault, located } from './_complaint'
import { expand, expandTilde, type Tokens } from './_expand'
import { fillForCanonicalization } from './_defaults'
import { finishForwards, finishSettings } from './_finish'
import { lowercase } from './_lex'
import { printSettings } from './_print'
import { createGathered, readConfigFile, type ReadContext } from './_reader'
import { createSettings } from './_settings'
import { unhonouredOf } from './support'
import type { Pass } from './_match'
import type { ResolveRequest, ResolvedSshConfig, SshConfigEnvironment } from './types'

/**
 * Resolves a destination as ssh does (ssh_config(5)): command line, the person's file, the system's file; then again when the
 * host was canonicalized or a `Match final` stands in a file.
 *
 * Equal to `ssh -G` of OpenSSH 9.2. Throws `config.invalid` with `FILE:LINE` for what ssh would refuse, `command.invalid` when it was typed.
 */
export async function resolveSshConfig(request: ResolveRequest): Promise<ResolvedSshConfig> {
  const { environment, ports, release = 'newest' } = request
  const settings = createSettings()
  const gathered = createGathered()
  let wantsFinal = false
  const pass = (host: string, originalHost: string, isFinal: boolean): ReadContext => {
    const wantFinal = (): void => {
      wantsFinal = true
    }
    const state: Pass = { host, originalHost, isFinal, settings, environment, ports, release, wantFinal }
    return { pass: state, gathered }
  }
  const start = pass('', '', false)
  const line: CommandLine = { file: null, standardIo: false }
  await applyCommandOptions(start, request.options ?? [], line)
  const originalHost = applyDestination(start, request.destination)
  await applyCommandOptions(start, request.laterOptions ?? [], line)
  checkNames(start, originalHost)

  await readAll(pass(originalHost, originalHost, false), line.file)
  fillForCanonicalization(settings)
  const host = await effectiveHost(originalHost, start)
  if (wantsFinal || (settings.get('canonicalizehostname')?.value ?? 'false') !== 'false') {
    settings.replace('hostname', host, settings.get('hostname')?.origin ?? { kind: 'default' })
    await readAll(pass(host, originalHost, true), line.file)
  }

  const tokens = finishSettings({ settings, environment, originalHost, host, standardIo: line.standardIo })
  const cleared = settings.get('clearallforwardings')?.value === 'yes'
  const forwards = finishForwards(cleared ? [] : gathered.forwards, tokens)
  const { options, rows } = printSettings({ settings, forwards, originalHost, host })
  return {
    options,
    forwards,
    unhonoured: unhonouredOf(gathered.seen),
    hosts: [...gathered.hosts.values()],
    files: [...gathered.files],
    includes: [...gathered.includes],
    lines: () => rows.map((row) => row.line),
    explained: () => rows.map((row) => ({ line: row.line, origin: row.origin })),
    expand: (keyword, value) => expandLate(keyword, value, { tokens, environment }),
  }
}

async function readAll(context: ReadContext, file: string | null): Promise<void> {
  const { environment } = context.pass
  if (file === null) {
    await readConfigFile(context, `${environment.home}/.ssh/config`, { byUser: true, checkTrust: true })
    const system = `${environment.systemFolder ?? '/etc/ssh'}/ssh_config`
    await readConfigFile(context, system, { byUser: false, checkTrust: false })
    return
  }
  if (lowercase(file) === 'none') return
  const outcome = await readConfigFile(context, file, { byUser: true, checkTrust: false })
  if (outcome.kind === 'read') return
  const reason = outcome.kind === 'missing' ? 'there is no such file' : outcome.reason
  throw configFault([{ message: `the file cannot be read: ${reason}`, origin: { kind: 'file', file, line: 0 } }])
}

/** HostName put in place of the typed host, in lower case, and made canonical where that is asked for. */
async function effectiveHost(originalHost: string, { pass }: ReadContext): Promise<string> {
  const { settings, ports } = pass
  const named = settings.get('hostname')
  let host = originalHost
  if (named !== undefined) {
    host = located(named.origin, () => expand(named.value, { tokens: { h: originalHost } }))
    settings.replace('hostname', host, named.origin)
  }
  if (!isAddress(host, settings)) host = lowercase(host)
  return canonicalize({ host, settings, ports })
}

/** Options whose value is a file. */
const paths = new Set(['identityfile', 'certificatefile', 'revokedhostkeys', 'globalknownhostsfile', 'pkcs11provider'])
/** Options whose value is a command. */
const commands = new Set(['proxycommand', 'localcommand', 'remotecommand', 'knownhostscommand'])

function expandLate(
  keyword: string,
  value: string,
  facts: { tokens: Tokens; environment: SshConfigEnvironment },
): string {
  const { tokens, environment } = facts
  return located({ kind: 'command-line', option: keyword }, () => {
    if (commands.has(keyword)) return expand(value, { tokens })
    if (!paths.has(keyword)) return complain(`${keyword} is not expanded later`)
    return expand(expandTilde(value, environment), { tokens, variables: environment.variables })
  })
}
