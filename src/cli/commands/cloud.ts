/** `warren cloud …`: forwards that are shared with other machines and with teams. */
import type { Command } from 'commander'
import type { Context, Host } from '../context'
import { withTypedFix } from '../spaces'
import { collect } from '../usage'
import type { LoginOptions, RegisterOptions } from './cloud-account'
import type { ResolveOptions } from './cloud-conflicts'
import type { ShareOptions } from './cloud-share'
import { defineKeys, defineSecrets } from './_cloud-key-commands'
import { defineTeam } from './_cloud-team-commands'

export function defineCloud(program: Command, outer: Host): void {
  const host = typing(outer)
  const cloud = program.command('cloud').description('share forwards with your other machines and with teams')
  defineAccount(cloud, host)
  defineSharing(cloud, host)
  defineConflicts(cloud, host)
  defineTeam(cloud, host)
  defineKeys(cloud, host)
  defineSecrets(cloud, host)
}

/** Faults come with what can be typed about them. */
export function typing(host: Host): Host {
  const typed =
    (action: (context: Context) => Promise<number>) =>
    async (context: Context): Promise<number> => {
      try {
        return await action(context)
      } catch (error) {
        throw withTypedFix(error)
      }
    }
  return { run: (action) => host.run(typed(action)) }
}

// --- internal ---

const KEEP = 'where the login rests: keychain (default), file or memory'

function defineAccount(cloud: Command, host: Host): void {
  cloud
    .command('login')
    .description('sign in; nothing is shared until you say so')
    .argument('[url]', 'the address of the server; without it the one of before')
    .option('--email <address>', 'the account')
    .option('--password-stdin', 'read the password from standard input')
    .option('--keep <place>', KEEP)
    .option('--insecure', 'allow http to another machine: password and token travel in clear')
    .option('--adopt', 'put the forwards of this machine into the account')
    .action((url: string | undefined, options: LoginOptions) =>
      host.run(async (context) => (await import('./cloud-account')).cloudLogin(context, url, options)),
    )
  cloud
    .command('register')
    .description('make an account with the link of an invitation or of a new server, and sign in')
    .argument('<link>', 'https://host/invite#…')
    .option('--email <address>', 'the account')
    .option('--name <name>', 'what others see; at least 3 characters')
    .option('--password-stdin', 'read the password from standard input')
    .option('--keep <place>', KEEP)
    .option('--insecure', 'allow http to another machine: password and token travel in clear')
    .option('--adopt', 'put the forwards of this machine into the account')
    .action((link: string, options: RegisterOptions) =>
      host.run(async (context) => (await import('./cloud-account')).cloudRegister(context, link, options)),
    )
  cloud
    .command('status')
    .description('who is signed in, and whether all is in sync')
    .action(() => host.run(async (context) => (await import('./cloud-account')).cloudStatus(context)))
  cloud
    .command('logout')
    .description('sign out; the forwards stay on this machine')
    .action(() => host.run(async (context) => (await import('./cloud-account')).cloudLogout(context)))
  cloud
    .command('passwd')
    .description('change the password; every other machine has to sign in again')
    .option('--password-stdin', 'read the old and the new one, a line each, from standard input')
    .action((options: { readonly passwordStdin?: boolean }) =>
      host.run(async (context) => (await import('./cloud-account')).cloudPasswd(context, options)),
    )
  cloud
    .command('poll')
    .description('how often a server that cannot tell of changes is asked')
    .argument('<seconds>', '5 to 86400')
    .action((seconds: string) =>
      host.run(async (context) => (await import('./cloud-account')).cloudPoll(context, seconds)),
    )
}

function defineSharing(cloud: Command, host: Host): void {
  cloud
    .command('share')
    .description('say whose forwards are: this machine’s alone, your account’s, or a team’s')
    .argument('[forwards...]')
    .requiredOption('--to <space>', 'local, personal, or a team')
    .option('--all', 'every forward')
    .option('--tag <tag>', 'the forwards with this tag')
    .option('--yes', 'do not ask before --all or --tag takes forwards from a team')
    .action((names: readonly string[], options: ShareOptions) =>
      host.run(async (context) => (await import('./cloud-share')).cloudShare(context, names, options)),
    )
  cloud
    .command('own')
    .description('show which fields of a forward are shared and which are this machine’s own, or change that')
    .argument('<forward>')
    .argument('[fields...]', 'keep the value of now as this machine’s own: localPort, bindAddress, name …')
    .option('--drop', 'take the shared value of these fields instead')
    .action((name: string, fields: readonly string[], options: { readonly drop?: boolean }) =>
      host.run(async (context) => (await import('./cloud-share')).cloudOwn(context, name, { ...options, fields })),
    )
  cloud
    .command('runs')
    .description('who runs a forward now, and where')
    .argument('<forward>')
    .action((name: string) => host.run(async (context) => (await import('./cloud-share')).cloudRuns(context, name)))
}

function defineConflicts(cloud: Command, host: Host): void {
  cloud
    .command('conflicts')
    .description('list what was changed on both sides and waits for you')
    .action(() => host.run(async (context) => (await import('./cloud-conflicts')).cloudConflicts(context)))
  cloud
    .command('resolve')
    .description('settle a conflict')
    .argument('<conflict>', 'its id or how it begins, or the name of the forward')
    .option('--mine', 'what is here holds')
    .option('--theirs', 'what is there holds')
    .option('--local', 'keep what is here on this machine only')
    .option('--field <name=side>', 'one field: localPort=mine; may be given several times', collect)
    .action((which: string, options: ResolveOptions) =>
      host.run(async (context) => (await import('./cloud-conflicts')).cloudResolve(context, which, options)),
    )
}
