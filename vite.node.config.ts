import { defineConfig } from 'vite'
import { alias, define } from './vite.alias.ts'

/** Bundles for plain Node: the daemon and the command line. Packages stay in node_modules, so native parts keep working. */
export default defineConfig({
  resolve: { alias },
  define,
  ssr: { target: 'node' },
  build: {
    ssr: true,
    outDir: 'out/node',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rollupOptions: {
      input: { 'warren-daemon': 'src/daemon/main.ts', warren: 'src/cli/main.ts', 'warren-cloud': 'src/cloud/main.ts' },
      output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
    },
  },
})
