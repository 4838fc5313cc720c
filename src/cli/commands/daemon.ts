/** `warren daemon [run | status | stop]` */
import type { Command } from 'commander'
import type { Host } from '../context'

export function defineDaemon(program: Command, host: Host): void {
  const daemon = program.command('daemon').description('run the daemon in the foreground, see its state, end it')
  daemon
    .command('run', { isDefault: true })
    .description('run it in the foreground')
    .action(() => host.run(async (context) => (await import('./daemon-process')).daemonRun(context)))
  daemon
    .command('status')
    .description('show its state; exit code 69 when none runs')
    .action(() => host.run(async (context) => (await import('./daemon-process')).daemonStatus(context)))
  daemon
    .command('stop')
    .description('stop every forward and end it')
    .action(() => host.run(async (context) => (await import('./daemon-process')).daemonStop(context)))
}
