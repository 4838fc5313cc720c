import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryHome } from '../../support/daemon'
import { SIGN, startXDaemon, targetOf, type PanelAnswer, type XDaemon } from './_x-daemon'
import { xSteps } from './_x-steps'
import { xTools } from './_x-tools'

const DOCUMENT = join(import.meta.dirname, '../../../docs/x-port-forward.md')
const BEGIN = '<!-- every code, as tests/daemon/api/x-port-forward-codes.test.ts meets it -->'
const END = '<!-- end of every code -->'

let place: ReturnType<typeof temporaryHome>
let world: XDaemon
const tools = xTools(() => world)

beforeAll(async () => {
  place = temporaryHome()
  world = await startXDaemon(place.home)
})
afterAll(async () => {
  await world.stop()
  place.remove()
})
beforeEach(() => {
  tools.heal()
})

describe('every action and code', () => {
  interface Met {
    readonly outer: number
    readonly inner: number | null
    readonly request: string
    readonly because: string
    readonly answer: PanelAnswer
  }
  const met: Met[] = []
  it.each(xSteps(() => world, tools).map((step) => [`${step.action || 'no action'}: ${step.because}`, step] as const))(
    'answers %s',
    async (_title, step) => {
      step.before?.()
      Object.assign(world.faults, step.faults)
      const data = typeof step.data === 'function' ? await step.data() : step.data
      const { status, type, text } = await world.send(step.target ?? targetOf(step.action, data))
      expect({ status, type }).toEqual({ status: 200, type: 'text/plain; charset=utf-8' })
      const answer = JSON.parse(text) as PanelAnswer
      expect(answer).toEqual(step.answer)
      expect(text.startsWith('{"code":')).toBe(true)
      const inner = answer.data === '' ? undefined : answer.data['Code']
      met.push({
        outer: answer.code,
        inner: typeof inner === 'number' ? inner : null,
        request: requestOf(step.target, step.action, data),
        because: step.because,
        answer,
      })
    },
    20_000,
  )

  it('meets all module codes 0 to 34 and all global ones, as docs/x-port-forward.md lists them', () => {
    const inner = new Set(met.map((one) => one.inner))
    expect(Array.from({ length: 35 }, (_, code) => code).filter((code) => !inner.has(code))).toEqual([])
    expect([...new Set(met.map(({ outer }) => outer))].sort()).toEqual([200, 403, 500])
    const rows = [...met]
      .sort((a, b) => rank(a) - rank(b))
      .map(({ outer, inner: code, request, because, answer }) => {
        const cells = [String(outer), code === null ? '' : String(code), because, `\`${request}\``, wordOf(answer)]
        return `| ${cells.join(' | ')} |`
      })
    const table = [
      '| code | Code | because | action and action_data | answer |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ]
    const list = `${BEGIN}\n\n${table.join('\n')}\n\n${END}`
    if (process.env['WARREN_WRITE_DOCS'] === '1') {
      const before = readFileSync(DOCUMENT, 'utf8')
      writeFileSync(
        DOCUMENT,
        before.slice(0, before.indexOf(BEGIN)) + list + before.slice(before.indexOf(END) + END.length),
      )
    }
    console.log(table.join('\n'))
    // Prettier aligns the columns of the document.
    const plain = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
    expect(plain(readFileSync(DOCUMENT, 'utf8'))).toContain(plain(list))
  })

  /** The ports of this run by the place they have in it, so that the list is always the same. */
  function requestOf(target: string | undefined, action: string, data: unknown): string {
    if (target?.includes(SIGN.toUpperCase()) === true) return `${action}, sign in upper case`
    const text = data === undefined ? '' : ` ${typeof data === 'string' ? data : JSON.stringify(data)}`
    const named = tools.ports.reduce(
      (all, one, at) => all.replace(`"listenport":${one}`, `"listenport":${20_001 + at}`),
      text,
    )
    return `${action}${named}`.trim() || 'nothing but sign'
  }
  function rank({ outer, inner }: Met): number {
    return outer === 200 ? (inner ?? 99) : outer === 403 ? 100 : 200
  }
  function wordOf({ message, data }: PanelAnswer): string {
    const text = data === '' ? message : (data['Message'] ?? data['message'] ?? data['Status'])
    return String(text)
  }
})
