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

const glyphs = { ok: '✓', warning: '!', failed: '✕', skipped: '–' } as const satisfies Record<
  CheckStep['result'],
  string
>

export function defineCheck(program: Command, host: Host): void {
  program
    .command('check')
    .description('try each step of a start and say how it went')
    .argument('<name>')
    .action((name: string) => host.run((context) => check(context, name)))
}

async function check(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const { spec } = await findForward(client, name)
  const attendance = await attendNeeds(context, client)
  const steps = await (async () => {
    try {
      await attendance.watch([spec.id])
      return await client.call('forwards.check', { id: spec.id })
    } finally {
      attendance.stop()
    }
  })()
  if (context.json) {
    context.document(steps.map((step) => ({ ...step, fault: step.fault === null ? null : publicReason(step.fault) })))
  } else {
    const lines = table(
      steps.map(({ result, title, milliseconds, detail }) => [
        `${glyphs[result]} ${title}`,
        result === 'skipped' ? '' : formatMilliseconds(milliseconds),
        printable(detail),
      ]),
      { right: [1] },
    )
    steps.forEach(({ fault }, at) => {
      context.terminal.out(`${lines[at] ?? ''}\n`)
      const fix = fault?.fix ?? null
      if (fix !== null) context.terminal.out(`    ${printable(fix)}\n`)
    })
  }
  return steps.some(({ result }) => result === 'failed') ? FAILED : DONE
}
