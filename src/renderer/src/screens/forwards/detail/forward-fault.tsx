import { isListedServer } from '@shared/resolved-config'
import type { Fault } from '@shared/errors'
import type { ReactNode } from 'react'
import { FaultView, type FaultViewProps } from '../../../components/fault-view'
import { applyRemedy } from '../../../stores/forward-actions'
import { useServer } from '../../../stores/servers'

export interface ForwardFaultProps extends Pick<FaultViewProps, 'tone' | 'children'> {
  forwardId: string
  fault: Fault
}

/** A fault of a forward, whose button names the server that it leads to: a hop's, where the hop is what failed. */
export function ForwardFault({ forwardId, fault, ...rest }: ForwardFaultProps): ReactNode {
  const { remedy } = fault
  const server = useServer(remedy?.action === 'edit-server' ? remedy.serverId : null)
  return (
    <FaultView
      {...rest}
      fault={fault}
      // What the ssh config says is changed in its file.
      remedyWord={server === undefined ? undefined : `${isListedServer(server) ? 'Show' : 'Edit'} ${server.name}`}
      onRemedy={(wanted) => {
        void applyRemedy(forwardId, wanted)
      }}
    />
  )
}
