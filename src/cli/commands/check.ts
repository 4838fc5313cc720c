/** `warren check NAME` */
import type { Command } from 'commander'
import { formatMilliseconds } from '@shared/format'
import type { CheckStep } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE, FAILED } from '../exit-codes'
import { findForward } from '../names'
import { attendNeeds } from '../needs'
import { publicReason } from '../report'
import { printable, table } from '../table'
import { parsePolicy } from '../usage'

const glyphs = { ok: '✓', warning: '!', failed: '✕', skipped: '–' } as const satisfies Record<
  CheckStep['result'],
  string
>

export function defineCheck(program: Command, host: Host): void {
  program
    .command('check')
    .description('try each step of a start and say how it went')
    .argument('<name>')
    .option('--host-key <policy>', 'as if started with: ask, accept-new or strict; nothing is trusted by a check')
    .action((name: string, options: { readonly hostKey?: string }) =>
      host.run((context) => check(context, name, options)),
    )
}

async function check(context: Context, name: string, options: { readonly hostKey?: string }): Promise<number> {
  const hostKeyPolicy = options.hostKey === undefined ? undefined : parsePolicy(options.hostKey)
  const client = await context.daemon()
  const { spec } = await findForward(client, name)
  const attendance = await attendNeeds(context, client)
  const steps = await (async () => {
    try {
      await attendance.watch([spec.id])
      return await client.call('forwards.check', { id: spec.id, hostKeyPolicy })
    } finally {
      attendance.stop()
    }
  })()
  if (context.json) {
    context.document(steps.map((step) => ({ ...step, fault: step.fault === null ? null : publicReason(step.fault) })))
  } else printSteps(context, steps)
  return steps.some(({ result }) => result === 'failed') ? FAILED : DONE
}

/** A column each, the fix below; a server of a chain is named above its steps. */
function printSteps({ terminal }: Context, steps: readonly CheckStep[]): void {
  const lines = table(
    steps.map(({ result, title, milliseconds, detail }) => [
      `${glyphs[result]} ${title}`,
      result === 'skipped' ? '' : formatMilliseconds(milliseconds),
      printable(detail),
    ]),
    { right: [1] },
  )
  let server: string | null = null
  steps.forEach((step, at) => {
    if (step.server !== null && step.server !== server) terminal.out(`${printable(step.server)}\n`)
    server = step.server
    terminal.out(`${lines[at] ?? ''}\n`)
    const fix = step.fault?.fix ?? null
    if (fix !== null) terminal.out(`    ${printable(fix)}\n`)
  })
}
