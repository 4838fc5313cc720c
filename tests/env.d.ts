import type { Api } from '../src/shared/ipc'

declare global {
  /** The page of the real app, as tests of it see it. */
  interface Window {
    readonly api: Api
  }
}
