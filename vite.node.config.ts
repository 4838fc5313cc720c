import { defineConfig } from 'vite'
import { alias, define, node } from './vite.alias.ts'

/** Bundles for plain Node: the daemon, the command line and the cloud server. */
export default defineConfig({
  resolve: { alias },
  define,
  ssr: node,
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
