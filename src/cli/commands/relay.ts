/** `warren relay add | edit | ls | up | down | rm | stats | connections` */
import type { Command } from 'commander'
import type { Host } from '../context'
import type { Selection } from '../names'
import { DEFAULT_WAIT_SECONDS } from '../outcome'
import { collect } from '../usage'
import { connections } from './connections'
import { defineRelayOptions, type RelayOptions } from './_relay-options'
import type { RelayEditOptions } from './relay-edit'

export function defineRelay(program: Command, host: Host): void {
  const relay = program.command('relay').description('relay raw TCP and UDP ports, without SSH')
  defineRelayOptions(
    relay
      .command('add')
      .description('save a relay')
      .argument('<name>', 'what you call it')
      .argument('<protocol>', 'tcp or udp')
      .argument('<listen>', '[host:]port[-port]; * is every address, no host is this machine alone')
      .argument('<targets...>', 'host:port; several: the others stand in when the first does not answer'),
  ).action((name: string, protocol: string, ...[listen, targets, options]: [string, readonly string[], RelayOptions]) =>
    host.run(async (context) =>
      (await import('./relay-add')).relayAdd(context, { ...options, name, protocol, listen, targets }),
    ),
  )
  defineRelayOptions(
    relay
      .command('edit')
      .description('change a relay; connections are dropped only when its listening end changes')
      .argument('<name>')
      .option('--listen <end>', 'where it listens: [host:]port[-port]')
      .option('--target <host:port>', 'its targets from now on; may be given several times', collect)
      .option('--rename <name>', 'its new name'),
  ).action((name: string, options: RelayEditOptions) =>
    host.run(async (context) => (await import('./relay-edit')).relayEdit(context, name, options)),
  )
  relay
    .command('ls')
    .alias('list')
    .description('list the relays and what each is doing')
    .option('--tag <tag>', 'only the relays with this tag')
    .action((options: { readonly tag?: string }) =>
      host.run(async (context) => (await import('./relay-ls')).relayLs(context, options)),
    )
  defineRunning(relay, host)
  relay
    .command('rm')
    .description('stop and remove relays')
    .argument('<names...>')
    .action((names: readonly string[]) =>
      host.run(async (context) => (await import('./relay-run')).relayRm(context, names)),
    )
  relay
    .command('stats')
    .description('what relays moved, today, this month and since they were made, and what their limits dropped')
    .argument('[names...]')
    .action((names: readonly string[]) =>
      host.run(async (context) => (await import('./relay-stats')).relayStats(context, names)),
    )
  relay
    .command('connections')
    .description('list live connections and UDP sessions')
    .argument('[name]', 'only those of this relay')
    .action((name: string | undefined) => host.run((context) => connections(context, { name, only: 'relays' })))
}

function defineRunning(relay: Command, host: Host): void {
  relay
    .command('up')
    .description('start relays and wait until they listen or have given up')
    .argument('[names...]')
    .option('--all', 'every relay')
    .option('--tag <tag>', 'the relays with this tag')
    .option('--wait <seconds>', `how long to wait (default ${DEFAULT_WAIT_SECONDS})`)
    .action((names: readonly string[], options: Selection & { readonly wait?: string }) =>
      host.run(async (context) => (await import('./relay-run')).relayUp(context, names, options)),
    )
  relay
    .command('down')
    .description('stop relays; their ports are free on return')
    .argument('[names...]')
    .option('--all', 'every relay')
    .option('--tag <tag>', 'the relays with this tag')
    .action((names: readonly string[], options: Selection) =>
      host.run(async (context) => (await import('./relay-run')).relayDown(context, names, options)),
    )
}
