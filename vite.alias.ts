import { fileURLToPath } from 'node:url'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The doors between layers, as every bundler and vitest sees them; tsconfig.base.json says the same to the compiler. */
export const alias = [
  { find: /^@shared\//, replacement: here('./src/shared/') },
  { find: /^@engine$/, replacement: here('./src/engine/index.ts') },
  { find: /^@daemon\/client$/, replacement: here('./src/daemon/client.ts') },
]
