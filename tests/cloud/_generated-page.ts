/** Pages of docs/ that tests write: with `vitest -u` they are written, otherwise compared. */
import { format } from 'prettier'
import { join } from 'node:path'
import { expect } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')

export async function expectPage(file: string, markdown: string): Promise<void> {
  const text = await format(markdown, { parser: 'markdown', printWidth: 120 })
  await expect(text).toMatchFileSnapshot(join(docs, file))
}

/** What stands in one cell: no line breaks, no bars. */
export function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|')
}

export function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}
