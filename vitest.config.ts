import { availableParallelism } from 'node:os'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { alias, define } from './vite.alias.ts'

const SECOND = 1000

/**
 * What waits more than it computes, with homes, ports and databases of its own. Not what kills a daemon over and over, fills a disk,
 * measures or changes the machine's network: that has the machine to itself.
 */
const COMPANIONABLE = [
  'tests/{cli,cloud}/**/*.real.test.ts',
  'tests/daemon/{cloud/*,forwarding,ssh-config-dial}.real.test.ts',
  'tests/sync/{client-suite,teams}.real.test.ts',
  'tests/interop/bad-input-{servers,words}.test.ts',
]

/** Of the fast loop: vitest by itself leaves one core free, which of two is half of them. */
const EVERY_CORE = availableParallelism()

/**
 * `unit` and `renderer` are the fast loop, `real` and `beside` need sshd and the built bundles, `e2e` a display and the built app;
 * `bench` prints figures. The files of `real` run one after the other, those of `beside` two at a time.
 */
export default defineConfig({
  resolve: { alias },
  define,
  test: {
    // What is waited for is an event: that it has five seconds, or one, is a matter of the machine, which others may use at the time.
    testTimeout: 60 * SECOND,
    hookTimeout: 60 * SECOND,
    expect: { poll: { timeout: 15 * SECOND } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/{shared,engine,sync,daemon,cloud,cli,main,preload,scripts}/**/*.test.ts'],
          exclude: ['**/*.real.test.ts'],
          maxWorkers: EVERY_CORE,
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
          maxWorkers: EVERY_CORE,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          environment: 'node',
          include: ['tests/**/*.real.test.ts', 'tests/interop/**/*.test.ts'],
          exclude: COMPANIONABLE,
          testTimeout: 300 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'beside',
          environment: 'node',
          include: COMPANIONABLE,
          testTimeout: 300 * SECOND,
          hookTimeout: 120 * SECOND,
          maxWorkers: 2,
          // After the others where all are asked for: vitest wants one number of workers for each turn.
          sequence: { groupOrder: 1 },
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
          testTimeout: 180 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
    ],
  },
})
