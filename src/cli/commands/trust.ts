/** `warren trust ls | rm | write` */
import type { Command } from 'commander'
import type { Host } from '../context'

export function defineTrust(program: Command, host: Host): void {
  const trust = program.command('trust').description('show and remove the host keys you trusted in Warren')
  trust
    .command('ls')
    .description('list the trusted keys; those of known_hosts are ssh’s own')
    .action(() => host.run(async (context) => (await import('./trust-keys')).trustLs(context)))
  trust
    .command('rm')
    .description('trust a key no more; Warren asks again when it next connects')
    .argument('<key>', 'a host as `warren trust ls` shows it, or a fingerprint')
    .action((key: string) => host.run(async (context) => (await import('./trust-keys')).trustRm(context, key)))
  trust
    .command('write')
    .description('add a key to ~/.ssh/known_hosts too, so that ssh trusts it')
    .argument('<key>', 'a host as `warren trust ls` shows it, or a fingerprint')
    .action((key: string) => host.run(async (context) => (await import('./trust-keys')).trustWrite(context, key)))
}
