import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { alias, define } from './vite.alias.ts'

const SECOND = 1000

/** `unit` and `renderer` are the fast loop, `real` needs sshd and the built bundles, `e2e` a display and the built app; `bench` prints figures. */
export default defineConfig({
  resolve: { alias },
  define,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/{shared,engine,sync,daemon,cloud,cli,main,preload,scripts}/**/*.test.ts'],
          exclude: ['**/*.real.test.ts'],
          server: { deps: { inline: ['electron-store', 'conf'] } },
        },
      },
      {
        extends: true,
        plugins: [react()],
        test: {
          name: 'renderer',
          environment: 'jsdom',
          include: ['tests/renderer/**/*.test.{ts,tsx}'],
          setupFiles: ['tests/renderer/setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          environment: 'node',
          include: ['tests/**/*.real.test.ts', 'tests/interop/**/*.test.ts'],
          testTimeout: 120 * SECOND,
          hookTimeout: 60 * SECOND,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'bench',
          environment: 'node',
          include: ['tests/bench/**/*.bench.test.ts'],
          testTimeout: 900 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts'],
          expect: { poll: { timeout: 15 * SECOND } },
          testTimeout: 180 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
    ],
  },
})
