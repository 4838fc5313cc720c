/** What the handlers work with. */
import type { Engine, LocalPorts } from '@engine'
import type { Activity } from './activity'
import type { ApiHost } from './api/host'
import type { Reporter } from './api/x-port-forward'
import type { Catalog } from './catalog'
import type { Cloud } from './cloud'
import type { Demo } from './demo/index'
import type { ForwardWatch } from './forward-watch'
import type { Hub } from './hub'
import type { Logs } from './logs'
import type { Needs } from './needs'
import type { Places } from './places'
import type { RelayWatch } from './relay-watch'
import type { Secrets } from './secrets'
import type { SshConfig } from './ssh-config'
import type { Store } from './store/index'
import type { Timed } from './timed'
import type { Books } from './traffic'
import type { TrustedKeys } from './trusted-keys'
import type { Warnings } from './warnings'

export interface Services {
  readonly places: Places
  readonly store: Store
  readonly catalog: Catalog
  readonly engine: Engine
  readonly localPorts: LocalPorts
  readonly hub: Hub
  readonly watch: ForwardWatch
  readonly relays: RelayWatch
  readonly books: Books
  readonly apis: ApiHost
  /** The traffic report of the X Port Forward API. */
  readonly report: Reporter
  readonly cloud: Cloud
  readonly timed: Timed
  readonly needs: Needs
  readonly secrets: Secrets
  readonly logs: Logs
  readonly activity: Activity
  readonly trusted: TrustedKeys
  readonly sshConfig: SshConfig
  readonly warnings: Warnings
  readonly demo: Demo
  /** Runs changes one after another, so that a check and the write it allows are never parted. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  readonly now: () => number
  readonly startedAt: string
  readonly nativeCrypto: boolean
  /** Begins the end of the daemon; resolves when it is decided, not when it is over. */
  readonly stop: (options: { readonly keepWanted: boolean }) => void
}
