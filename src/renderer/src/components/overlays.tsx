import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { confirmStore } from './confirm'
import { menuStore } from './menu'
import { Tips } from './tips'
import { Toaster } from './toaster'

const loadMenuHost = () => import('./menu-host')
const loadConfirmHost = () => import('./confirm-host')
const MenuHost = lazy(() => loadMenuHost().then((module) => ({ default: module.MenuHost })))
const ConfirmHost = lazy(() => loadConfirmHost().then((module) => ({ default: module.ConfirmHost })))

/** What lies above every screen. Menus and questions load once the list stands, so that they do not delay it. */
export function Overlays(): ReactNode {
  const menuWanted = useStore(menuStore, (state) => state.open !== null)
  const questionWanted = useStore(confirmStore, (state) => state.question !== null)
  useEffect(() => {
    const handle = requestIdleCallback(() => {
      void loadMenuHost()
      void loadConfirmHost()
    })
    return () => {
      cancelIdleCallback(handle)
    }
  }, [])
  return (
    <>
      <Toaster />
      <Tips />
      <Suspense>
        <Kept wanted={menuWanted}>
          <MenuHost />
        </Kept>
        {questionWanted && <ConfirmHost />}
      </Suspense>
    </>
  )
}

/** Mounts its children at the first need and keeps them, so that a menu can end its closing. */
function Kept({ wanted, children }: { wanted: boolean; children: ReactNode }): ReactNode {
  const [mounted, setMounted] = useState(wanted)
  useEffect(() => {
    if (wanted) setMounted(true)
  }, [wanted, setMounted])
  return mounted || wanted ? children : null
}
