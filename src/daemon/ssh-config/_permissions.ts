/** The person's word for the commands that stand in ssh configs. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { WarrenError } from '@shared/errors'
import type { AllowCommandNeed } from '@shared/needs'
import { originText, type AskedCommand, type ConfigOrigin } from '@shared/resolved-config'
import type { EnginePorts } from '@engine'
import type { Store } from '../store/index'

export type Ask = NonNullable<Parameters<EnginePorts['plan']>[2]>

export interface CommandAsked {
  /** What the word holds for. */
  readonly command: string
  /** What would run: the same with its tokens replaced. */
  readonly shown: string
  readonly purpose: AllowCommandNeed['purpose']
  readonly origin: Extract<ConfigOrigin, { kind: 'file' }>
}

/** Who waits for the answer. */
export interface Asker {
  readonly serverId: string
  readonly server: string
  readonly login: string
  readonly signal: AbortSignal
  /** Absent: nobody may be asked. */
  readonly ask: Ask | undefined
}

/** A ProxyCommand of a config that a server of the person's own got by a copy or an import. */
export interface TakenCommand {
  /** As it stands in the field of the server. */
  readonly proxyCommand: string
  /** As it stands in the config. */
  readonly command: string
  readonly shown: string
  readonly file: string
  readonly line: number
}

export interface Permissions {
  readonly isAllowed: (asked: Pick<AskedCommand, 'command' | 'file'>) => Promise<boolean>
  readonly allow: (asked: Pick<AskedCommand, 'command' | 'file'>) => Promise<void>
  /** Resolves when it may run. Rejects with `config.command-not-allowed`, or the signal's reason. */
  readonly require: (asked: CommandAsked, asker: Asker) => Promise<void>
  /** Nobody wrote this command in Warren: it needs the person's word wherever it was taken to. */
  readonly take: (taken: TakenCommand) => Promise<void>
  /** As `require`, for the ProxyCommand of a server's own; one that the person wrote needs no word. */
  readonly requireTaken: (proxyCommand: string, asker: Asker) => Promise<void>
}

export interface PermissionsOptions {
  readonly store: Pick<Store, 'allowCommand' | 'isCommandAllowed' | 'getMeta' | 'setMeta'>
  readonly now: () => number
}

export function createPermissions({ store, now }: PermissionsOptions): Permissions {
  /** Forwards that start together ask once. */
  const open = new Map<string, Promise<boolean>>()
  const isAllowed: Permissions['isAllowed'] = (asked) => store.isCommandAllowed(keyOf(asked))
  const allow: Permissions['allow'] = async ({ command, file }) => {
    const allowedAt = new Date(now()).toISOString()
    await store.allowCommand({ key: keyOf({ command, file }), command, file, allowedAt })
  }
  const put = async (asked: CommandAsked, asker: Asker): Promise<boolean> => {
    const { serverId, server, login, ask, signal } = asker
    if (ask === undefined) return false
    const { shown: command, purpose, origin } = asked
    const question = { kind: 'allow-command', serverId, server, login, purpose, command } as const
    const answer = await ask({ ...question, file: origin.file, line: origin.line }, signal)
    if (answer.kind !== 'allow-command' || answer.decision === 'deny') return false
    await allow({ command: asked.command, file: origin.file })
    return true
  }
  const require: Permissions['require'] = async (asked, asker) => {
    const what = { command: asked.command, file: asked.origin.file }
    const key = keyOf(what)
    for (;;) {
      asker.signal.throwIfAborted()
      if (await isAllowed(what)) return
      const theirs = open.get(key)
      if (theirs !== undefined) {
        // Whoever asked may have turned away without an answer; then it is our turn.
        if ((await theirs.catch(() => null)) === false) throw notAllowed(asked)
        continue
      }
      const mine = put(asked, asker).finally(() => open.delete(key))
      open.set(key, mine)
      const isYes = await mine.catch((error: unknown) => {
        asker.signal.throwIfAborted()
        throw notAllowed(asked, error)
      })
      if (!isYes) throw notAllowed(asked)
    }
  }
  return {
    isAllowed,
    allow,
    require,
    take: ({ proxyCommand, ...rest }) => store.setMeta(takenKey(proxyCommand), JSON.stringify(rest)),
    requireTaken: async (proxyCommand, asker) => {
      const text = await store.getMeta(takenKey(proxyCommand))
      if (text === null) return
      const { command, shown, file, line } = takenSchema.parse(JSON.parse(text))
      await require({ command, shown, purpose: 'proxy-command', origin: { kind: 'file', file, line } }, asker)
    },
  }
}

// --- internal ---

const takenSchema = z.object({ command: z.string(), shown: z.string(), file: z.string(), line: z.int() })

/** By the command, not the server: a copy of the copy needs the word too. */
function takenKey(proxyCommand: string): string {
  return `taken-command:${createHash('sha256').update(proxyCommand).digest('hex')}`
}

/** The same command in another file is another matter: that file may be somebody else's. */
function keyOf({ command, file }: Pick<AskedCommand, 'command' | 'file'>): string {
  return createHash('sha256')
    .update(JSON.stringify([command, file]))
    .digest('hex')
}

function notAllowed({ shown, origin, purpose }: CommandAsked, cause?: unknown): WarrenError {
  const where = originText(origin)
  const what = purpose === 'match-exec' ? 'Match exec' : 'ProxyCommand'
  return new WarrenError('config.command-not-allowed', `Nobody allowed the ${what} of ${where} to run: ${shown}`, {
    field: where,
    fix: 'Start it in the app or in a terminal (warren up NAME) and allow the command.',
    cause,
  })
}
