/** `warren add NAME (-L SPEC | -R SPEC | -D SPEC) --server NAME …`, or `--command 'ssh …'` */
import type { Command } from 'commander'
import type { Host } from '../context'
import { collect } from '../usage'
import { defineKindOptions } from './_kind-options'
import type { AddOptions } from './add-forward'

export function defineAdd(program: Command, host: Host): void {
  const command = program
    .command('add')
    .description('save a forward')
    .argument('<name>', 'what you call it')
    .option(
      '-L <spec>',
      'reach a service behind the server: [bind:]port:host:hostport; a port may be a range, 8000-8009',
    )
    .option('-R <spec>', 'offer a service of this machine on the server: [bind:]port:host:hostport')
    .option('-D <spec>', 'browse through the server (SOCKS and HTTP proxy): [bind:]port')
    .option('--server <name>', 'the saved server it goes through')
    .option('--command <ssh>', "take it from an ssh command line: 'ssh -J bastion -L 8080:localhost:80 me@host'")
    .option('--tag <tag>', 'a tag; may be given several times', collect)
    .option('--auto-start', 'start it when the daemon starts')
  defineKindOptions(command).action((name: string, options: AddOptions) =>
    host.run(async (context) => (await import('./add-forward')).addForward(context, { name, ...options })),
  )
}
