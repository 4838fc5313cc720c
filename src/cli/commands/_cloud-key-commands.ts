/** `warren cloud key …` and `warren cloud secret …` */
import type { Command } from 'commander'
import type { Host } from '../context'

export function defineKeys(cloud: Command, host: Host): void {
  const key = cloud.command('key').description('the key that opens the secrets which are shared with you')
  key
    .command('make')
    .description('make the key of your account, and print its recovery code: this once')
    .action(() => host.run(async (context) => (await import('./cloud-keys')).keyMake(context)))
  key
    .command('unlock')
    .description('open the secrets on this machine with the recovery code')
    .option('--code-stdin', 'read the code from standard input')
    .action((options: { readonly codeStdin?: boolean }) =>
      host.run(async (context) => (await import('./cloud-keys')).keyUnlock(context, options)),
    )
  key
    .command('reset')
    .description('a new key when the code is lost: personal secrets are lost with the old one')
    .option('--yes', 'do not ask')
    .action((options: { readonly yes?: boolean }) =>
      host.run(async (context) => (await import('./cloud-keys')).keyReset(context, options)),
    )
  key
    .command('grant')
    .description('give a member the key of a team, once you compared their fingerprint')
    .argument('<team>')
    .argument('<member>', 'address or name')
    .option('--fingerprint <text>', 'what you compared; without it you are shown theirs and asked')
    .action((team: string, member: string, options: { readonly fingerprint?: string }) =>
      host.run(async (context) => (await import('./cloud-keys')).keyGrant(context, { ...options, team, member })),
    )
}

export function defineSecrets(cloud: Command, host: Host): void {
  const secret = cloud
    .command('secret')
    .description('secrets of a shared forward, sealed so that no server can read them')
  secret
    .command('set')
    .description('seal a secret for those who share the forward')
    .argument('<forward>')
    .argument('<kind>', 'password, passphrase or key')
    .option('--stdin', 'read it from standard input; a key always is')
    .action((forward: string, kind: string, options: { readonly stdin?: boolean }) =>
      host.run(async (context) => (await import('./cloud-keys')).secretSet(context, { ...options, forward, kind })),
    )
  secret
    .command('clear')
    .description('take a secret back')
    .argument('<forward>')
    .argument('<kind>', 'password, passphrase or key')
    .action((forward: string, kind: string) =>
      host.run(async (context) => (await import('./cloud-keys')).secretClear(context, forward, kind)),
    )
}
