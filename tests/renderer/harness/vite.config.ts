import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { alias } from '../../../vite.alias'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The real renderer, built as shipped and under its own content policy, with a fake daemon loaded before it. */
export default defineConfig({
  root: here('../../../src/renderer'),
  base: './',
  resolve: { alias },
  plugins: [
    react(),
    {
      name: 'fake-daemon',
      transform(code, id) {
        if (!id.endsWith('/src/renderer/src/main.tsx')) return null
        return `import ${JSON.stringify(here('./install.ts'))}\n${code}`
      },
    },
  ],
  build: { outDir: here('../../.tmp/harness'), emptyOutDir: true },
})
