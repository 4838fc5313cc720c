import { formatRate } from '@shared/format'
import { useEffect, useRef, type ReactNode } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { KEPT_SECONDS, onRate, rateHistory } from '../stores/rates'

const HEIGHT = 96
const AXIS_WIDTH = 68
const LEAST_SCALE = 1024
/** Steps that read well in KB and MB, which are multiples of 1024. */
const BINARY_STEPS = Array.from({ length: 42 }, (_, power) => 2 ** power)

/** The curves of one forward, drawn anew with each sample, outside React. */
export function Plot({ id, seconds }: { id: string; seconds: number }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    let plot: UPlot | undefined
    const make = (): void => {
      plot?.destroy()
      plot = new UPlot(optionsFor(element), dataOf(id, seconds), element)
    }
    make()
    const stop = onRate(id, () => plot?.setData(dataOf(id, seconds)))
    const size = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }))
    size.observe(element)
    // Colours are read when the plot is made: a change of theme makes it anew.
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const theme = new MutationObserver(make)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    dark.addEventListener('change', make)
    return () => {
      stop()
      size.disconnect()
      theme.disconnect()
      dark.removeEventListener('change', make)
      plot?.destroy()
    }
  }, [id, seconds])
  return (
    <div
      ref={box}
      role="img"
      aria-label={`Bytes per second of the last ${seconds === 60 ? 'minute' : 'ten minutes'}`}
    />
  )
}

function optionsFor(element: HTMLElement): UPlot.Options {
  const colour = colourReader(element)
  const grid = { stroke: colour('--line'), width: 1 }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 0, 0, 0],
    scales: { x: { time: false }, y: { range: (_plot, _min, max) => rangeOf(max) } },
    axes: [
      { show: false },
      {
        side: 1,
        size: AXIS_WIDTH,
        gap: 6,
        space: 32,
        incrs: BINARY_STEPS,
        stroke: colour('--text-2'),
        font: `11px ${colour('--font')}`,
        grid,
        ticks: { show: false },
        values: (_plot, ticks) => ticks.map((tick) => (tick === 0 ? '' : formatRate(tick))),
      },
    ],
    series: [
      {},
      { stroke: colour('--accent'), width: 1.5, points: { show: false } },
      { stroke: colour('--violet'), width: 1.5, dash: [5, 4], points: { show: false } },
    ],
  }
}

/** A little below zero, or the line of a forward that carries nothing is cut away. */
function rangeOf(max: number): [number, number] {
  const top = Math.max(LEAST_SCALE, max * 1.05)
  return [-top / HEIGHT, top]
}

/** Custom properties come back as written, `light-dark()` and all; a colour has to pass through an element. */
function colourReader(element: HTMLElement): (name: string) => string {
  return (name) => {
    if (name === '--font') return getComputedStyle(element).fontFamily
    const probe = document.createElement('span')
    probe.style.color = `var(${name})`
    element.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
}

/** Seconds ago, bytes down, bytes up; unknown seconds are gaps. */
function dataOf(id: string, seconds: number): UPlot.AlignedData {
  const history = rateHistory(id)
  const x: number[] = []
  const down: (number | null)[] = []
  const up: (number | null)[] = []
  for (let age = seconds - 1; age >= 0; age--) {
    x.push(-age)
    const index = history === undefined ? 0 : (history.head - age + KEPT_SECONDS) % KEPT_SECONDS
    down.push(known(history?.down[index]))
    up.push(known(history?.up[index]))
  }
  return [x, down, up]
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}
