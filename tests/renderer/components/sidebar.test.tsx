import { act, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Sidebar } from '../../../src/renderer/src/shell/sidebar'
import { setForwards } from '../../../src/renderer/src/stores/forwards'
import { openWindow } from '../_window'
import { makeForward } from '../harness/_data'

it('says how many run when the daemon has told, and nothing before', () => {
  openWindow({ silent: true })
  render(<Sidebar />)
  expect(screen.queryByTestId('pulse')).toBeNull()
  act(() => {
    setForwards([makeForward('db', { state: 'running' }), makeForward('web')])
  })
  expect(screen.getByTestId('pulse')).toHaveTextContent('1 running')
})
