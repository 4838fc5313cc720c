/** `warren server add | ls | show | rm` */
import type { Command } from 'commander'
import type { Host } from '../context'
import { collect } from '../usage'
import type { ServerAddOptions } from './server-add'

export function defineServer(program: Command, host: Host): void {
  const server = program.command('server').description('save, show and remove SSH servers')
  server
    .command('add')
    .description('save a server')
    .argument('<name>', 'what you call it')
    .argument('<destination>', '[USER@]HOST[:PORT]')
    .option('--identity <file>', 'a private key; may be given several times', collect)
    .option('--certificate <file>', 'an OpenSSH certificate for a key; may be given several times', collect)
    .option('--identities-only', 'offer these keys only, not those of the agent')
    .option('--agent <path>', 'the socket of an SSH agent, a $VARIABLE that holds it, pageant, or none')
    .option('--password-stdin', 'read the password from standard input and keep it')
    .option('--jump <names>', 'saved servers to jump through, first hop first, with commas')
    .option('--proxy <url>', 'http://, socks4://, socks4a:// or socks5:// proxy')
    .option('--proxy-command <command>', 'a command whose input and output are the connection')
    .option('--ipv4', 'use IPv4 addresses of the name only, as ssh -4')
    .option('--ipv6', 'use IPv6 addresses of the name only, as ssh -6')
    .option('--source <address>', 'the address of this machine to dial from, as ssh -b')
    .option('--host-key <policy>', 'what to do with unknown keys: ask, accept-new or strict')
    .action((name: string, destination: string, options: ServerAddOptions) =>
      host.run(async (context) => (await import('./server-add')).serverAdd(context, { name, destination, ...options })),
    )
  server
    .command('ls')
    .description('list the servers')
    .action(() => host.run(async (context) => (await import('./server-ls')).serverLs(context)))
  server
    .command('show')
    .description('show one server')
    .argument('<name>')
    .action((name: string) => host.run(async (context) => (await import('./server-show')).serverShow(context, name)))
  server
    .command('rm')
    .description('remove a server that nothing uses')
    .argument('<name>')
    .action((name: string) => host.run(async (context) => (await import('./server-rm')).serverRm(context, name)))
}
