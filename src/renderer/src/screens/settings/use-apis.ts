/** The control APIs and the traffic report as the daemon has them, live. */
import type { ApiView, ReportState } from '@shared/apis'
import { useEffect, useState } from 'react'
import { settle } from '../../stores/call'
import { useLink } from '../../stores/link'

export interface Apis {
  readonly apis: readonly ApiView[]
  readonly report: ReportState
}

/** `null` until the daemon answered. */
export function useApis(): Apis | null {
  const link = useLink((state) => state.daemon.state)
  const [known, setKnown] = useState<Apis | null>(null)
  useEffect(() => {
    let here = true
    const { daemon } = window.api
    void Promise.all([settle(daemon['apis.list']({})), settle(daemon['apis.report']({}))]).then(([apis, report]) => {
      if (here && apis.ok && report.ok) setKnown({ apis: apis.value, report: report.value })
    })
    const stop = window.api.on('apis.changed', setKnown)
    return () => {
      here = false
      stop()
    }
  }, [link])
  return known
}
