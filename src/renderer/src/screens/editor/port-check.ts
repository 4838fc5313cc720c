/** Asks while a person types whether the port to listen on is free. */
import type { Endpoint } from '@shared/endpoints'
import type { RelayProtocol } from '@shared/relays'
import type { PortCheck } from '@shared/rpc'
import { useEffect, useState } from 'react'
import { settle } from '../../stores/call'

const DELAY_MS = 250

export interface PortTrouble {
  readonly message: string
  /** A free port near it. */
  readonly suggestion: number | null
}

/** What stands in the way of listening there; `null` when nothing does, or nothing can be said. */
export function usePortCheck(
  listen: Endpoint | null,
  skip: (host: string, port: number) => boolean,
  protocol: RelayProtocol = 'tcp',
): PortTrouble | null {
  const wanted = askable(listen)
  const key = wanted === null || skip(wanted.host, wanted.port) ? null : `${wanted.host} ${wanted.port} ${protocol}`
  const [answer, setAnswer] = useState<{ readonly key: string; readonly check: PortCheck } | null>(null)
  useEffect(() => {
    if (key === null) return
    let current = true
    const [host = '', port = ''] = key.split(' ')
    const timer = setTimeout(() => {
      void settle(window.api.daemon['ports.check']({ host, port: Number(port), protocol })).then((result) => {
        if (current && result.ok) setAnswer({ key, check: result.value })
      })
    }, DELAY_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [key, protocol])
  return answer === null || answer.key !== key ? null : troubleOf(answer.check, Number(key?.split(' ')[1]))
}

/** A check in words: "Port 5432 is held by postgres, pid 812." */
export function troubleOf(check: PortCheck, port: number): PortTrouble | null {
  if (check.free && check.fault === null) return null
  return { message: check.fault?.message ?? holderSentence(check, port), suggestion: check.suggestion }
}

// --- internal ---

function holderSentence({ holder }: PortCheck, port: number): string {
  const process = holder?.process ?? null
  const pid = holder?.pid ?? null
  if (process !== null) return `Port ${port} is held by ${process}${pid === null ? '' : `, pid ${pid}`}.`
  return pid === null ? `Port ${port} is in use.` : `Port ${port} is held by the process ${pid}.`
}

/** Port 0 is always free. */
function askable(listen: Endpoint | null): { readonly host: string; readonly port: number } | null {
  if (listen === null || 'path' in listen || listen.port < 1 || listen.port > 65_535 || /\s/.test(listen.host))
    return null
  return listen
}
