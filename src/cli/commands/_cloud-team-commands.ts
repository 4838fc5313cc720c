/** `warren cloud teams` and `warren cloud team …` */
import type { Command } from 'commander'
import type { Host } from '../context'
import type { InviteOptions } from './cloud-teams'

interface Sure {
  readonly yes?: boolean
}

export function defineTeam(cloud: Command, host: Host): void {
  cloud
    .command('teams')
    .description('list your teams')
    .action(() => host.run(async (context) => (await import('./cloud-teams')).cloudTeams(context)))
  const team = cloud.command('team').description('make, join, run and leave teams')
  team
    .command('create')
    .description('make a team that you own')
    .argument('<name>')
    .action((name: string) => host.run(async (context) => (await import('./cloud-teams')).teamCreate(context, name)))
  team
    .command('join')
    .description('join a team that you were invited to')
    .argument('<link>', 'the link of the invitation, or its token')
    .action((link: string) => host.run(async (context) => (await import('./cloud-teams')).teamJoin(context, link)))
  team
    .command('leave')
    .description('leave a team; its forwards go away here')
    .argument('<team>')
    .option('--yes', 'do not ask')
    .action((name: string, options: Sure) =>
      host.run(async (context) => (await import('./cloud-teams')).teamLeave(context, name, options)),
    )
  defineMembers(team, host)
  defineInvitations(team, host)
  team
    .command('dissolve')
    .description('end a team: its forwards go away for everybody')
    .argument('<team>')
    .option('--yes', 'do not ask')
    .action((name: string, options: Sure) =>
      host.run(async (context) => (await import('./cloud-teams')).teamDissolve(context, name, options)),
    )
  team
    .command('audit')
    .description('who changed what, newest first; for owners')
    .argument('<team>')
    .option('--limit <n>', 'how many (default 50)')
    .option('--before <id>', 'older than this entry')
    .action((name: string, options: { readonly limit?: string; readonly before?: string }) =>
      host.run(async (context) => (await import('./cloud-teams')).teamAudit(context, name, options)),
    )
}

// --- internal ---

function defineMembers(team: Command, host: Host): void {
  team
    .command('members')
    .description('list the members, their roles and their keys')
    .argument('<team>')
    .action((name: string) => host.run(async (context) => (await import('./cloud-teams')).teamMembers(context, name)))
  team
    .command('remove')
    .description('take a member out; the team gets a new key that they do not know')
    .argument('<team>')
    .argument('<member>', 'address or name')
    .action((name: string, member: string) =>
      host.run(async (context) => (await import('./cloud-teams')).teamRemove(context, name, member)),
    )
  team
    .command('role')
    .description('what a member may do')
    .argument('<team>')
    .argument('<member>', 'address or name')
    .argument('<role>', 'owner, developer or user')
    .action((name: string, member: string, role: string) =>
      host.run(async (context) => (await import('./cloud-teams')).teamRole(context, { team: name, member, role })),
    )
}

function defineInvitations(team: Command, host: Host): void {
  team
    .command('invite')
    .description('make a link that lets one person join')
    .argument('<team>')
    .option('--role <role>', 'owner, developer (default) or user')
    .option('--days <n>', 'how long it holds, 1 to 90 (default 7)')
    .action((name: string, options: InviteOptions) =>
      host.run(async (context) => (await import('./cloud-teams')).teamInvite(context, name, options)),
    )
  team
    .command('invitations')
    .description('list the links that nobody used yet')
    .argument('<team>')
    .action((name: string) =>
      host.run(async (context) => (await import('./cloud-teams')).teamInvitations(context, name)),
    )
  team
    .command('withdraw')
    .description('make a link void')
    .argument('<team>')
    .argument('<id>', 'of the invitation')
    .action((name: string, id: string) =>
      host.run(async (context) => (await import('./cloud-teams')).teamWithdraw(context, name, id)),
    )
}
