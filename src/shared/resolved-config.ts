/** What an ssh config means for one destination, as it crosses from the daemon to its clients. */
import type { Fault } from './errors'
import type { ForwardSpec, ServerSpec } from './specs'

/** Where a value comes from. */
export type ConfigOrigin =
  | { readonly kind: 'default' }
  | { readonly kind: 'command-line'; readonly option: string }
  /** `line` counts from 1; 0 is the file as a whole. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number }

/** An option somebody set that Warren does not act upon. */
export interface UnhonouredOption {
  readonly keyword: string
  readonly value: string
  readonly origin: ConfigOrigin
  /** `harmless`: a forward loses nothing by it. */
  readonly support: 'harmless' | 'unsupported'
  readonly reason: string
}

/** The command of a `Match exec` that was not run because nobody allowed it; its block counted as no match. */
export interface AskedCommand {
  /** As it would run, tokens replaced. */
  readonly command: string
  readonly file: string
  readonly line: number
}

export interface ResolvedConfig {
  /** The text of `ssh -G`, line by line. */
  readonly lines: readonly string[]
  /** The same lines with the origin of each. */
  readonly explained: readonly { readonly line: string; readonly origin: ConfigOrigin }[]
  readonly unhonoured: readonly UnhonouredOption[]
  /** Each command and line once, in the order of the config. */
  readonly execAsked: readonly AskedCommand[]
}

/** What the ssh config says of one server that dials by it. */
export interface ServerConfig {
  /** What one would type after `ssh`. */
  readonly host: string
  /** Where its Host line is; `null` for a hop that has none, or when the config names it no more. */
  readonly origin: ConfigOrigin | null
  /** The lines that somebody set, in the form of `ssh -G`. */
  readonly lines: readonly { readonly line: string; readonly origin: ConfigOrigin }[]
  readonly unhonoured: readonly UnhonouredOption[]
  /** Commands that nobody allowed yet, so that their blocks count as no match here. */
  readonly execAsked: readonly AskedCommand[]
  /** Why the config cannot be used now. */
  readonly fault: Fault | null
}

export interface ConfigImport {
  readonly servers: readonly ServerSpec[]
  readonly forwards: readonly ForwardSpec[]
  /** What could not be taken over, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  readonly unhonoured: readonly UnhonouredOption[]
}

/** Whether a server stands in the ssh config and is changed there alone, as opposed to one of the person's own that dials by it. */
export function isListedServer({ id }: Pick<ServerSpec, 'id'>): boolean {
  return /^config(?:-hop)?:/.test(id)
}

/** `FILE:LINE`, `default`, or the option of the command line. */
export function originText(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'command-line':
      return `command line, ${origin.option}`
    case 'file':
      return origin.line === 0 ? origin.file : `${origin.file}:${origin.line}`
  }
}
