import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { alias, define } from './vite.alias.ts'

export default defineConfig({
  main: {
    resolve: { alias },
    define,
    build: {
      outDir: 'out/main',
      // One file instead of some hundred: the daemon is dialled, and the window usable, a third of a second sooner.
      externalizeDeps: false,
      rollupOptions: { input: 'src/main/index.ts', output: { format: 'es' } },
    },
  },
  preload: {
    resolve: { alias },
    // A sandboxed preload cannot be an ES module.
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: { input: 'src/preload/index.ts', output: { format: 'cjs', entryFileNames: 'index.cjs' } },
    },
  },
  renderer: {
    root: 'src/renderer',
    resolve: { alias },
    plugins: [react()],
    // Small files are read and compiled sooner: it shows at every start.
    build: { outDir: 'out/renderer', minify: true, rollupOptions: { input: 'src/renderer/index.html' } },
  },
})
