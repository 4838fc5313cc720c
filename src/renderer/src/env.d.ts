/// <reference types="vite/client" />
import type { Api } from '@shared/ipc'

declare global {
  interface Window {
    /** The preload's whole surface; see `src/shared/ipc.ts`. */
    readonly api: Api
  }
}
