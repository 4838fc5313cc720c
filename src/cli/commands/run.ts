/** `warren run (-L|-R|-D SPEC)… [ssh-like options] [USER@]HOST` */
import type { Command } from 'commander'
import type { Host } from '../context'
import { DEFAULT_WAIT_SECONDS } from '../outcome'
import type { RunOptions } from './run-forwards'

export function defineRun(program: Command, host: Host): void {
  program
    .command('run')
    .description('run forwards without saving them, until Ctrl-C; takes the options of ssh')
    .argument('[ssh...]', '(-L|-R|-D SPEC)… [-p PORT] [-l USER] [-i FILE] [-J HOPS] [-o KEY=VALUE] [USER@]HOST')
    .option('--wait <seconds>', `how long to wait for the start (default ${DEFAULT_WAIT_SECONDS})`)
    .option('--host-key <policy>', 'what to do with unknown keys: ask, accept-new or strict')
    .helpOption('--help', 'show help')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_words: readonly string[], options: RunOptions, command: Command) =>
      host.run(async (context) => (await import('./run-forwards')).runForwards(context, command.args, options)),
    )
}
