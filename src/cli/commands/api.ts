/** `warren api ls | enable | disable | report | audit` */
import type { Command } from 'commander'
import type { Host } from '../context'
import type { ApiEnableOptions, ApiReportOptions } from './api-control'

export function defineApi(program: Command, host: Host): void {
  const api = program
    .command('api')
    .description('control APIs: how other programs drive Warren over HTTP; off by default')
  api
    .command('ls')
    .description('list the control APIs')
    .action(() => host.run(async (context) => (await import('./api-control')).apiLs(context)))
  api
    .command('enable')
    .description('turn one on, or change how it is served')
    .argument('<name>', 'x-port-forward or metrics')
    .option('--listen <addr:port>', 'where it listens (default 127.0.0.1 and its own port)')
    .option('--key-stdin', 'read from standard input what callers must know: the auth key, or a bearer token')
    .option('--no-key', 'metrics: no token from now on')
    .option('--tls-cert <file>', 'serve HTTPS with this PEM certificate chain')
    .option('--tls-key <file>', 'and this PEM key')
    .option('--no-tls', 'serve HTTP from now on')
    .action((name: string, options: ApiEnableOptions) =>
      host.run(async (context) => (await import('./api-control')).apiEnable(context, name, options)),
    )
  api
    .command('disable')
    .description('turn one off; its settings and its key are kept')
    .argument('<name>')
    .action((name: string) => host.run(async (context) => (await import('./api-control')).apiDisable(context, name)))
  api
    .command('report')
    .description('the traffic report of x-port-forward: show it, say where it goes, or send it now')
    .argument('[url]', 'where it is posted from now on; none for nowhere')
    .option('--every <seconds>', 'how often (default 1380)')
    .option('--now', 'send what waits')
    .action((url: string | undefined, options: ApiReportOptions) =>
      host.run(async (context) => (await import('./api-control')).apiReport(context, url, options)),
    )
  api
    .command('audit')
    .description('list who called, newest first')
    .option('--limit <n>', 'how many (default 50)')
    .action((options: { readonly limit?: string }) =>
      host.run(async (context) => (await import('./api-control')).apiAudit(context, options)),
    )
}
