/** The table of docs/architecture.md as a rule: who may import whom, and which packages belong where. */

const folders = {
  shared: { folders: [], packages: ['zod'], node: false },
  engine: { folders: ['shared'], packages: ['ssh2', 'socks', 'ipaddr.js'], node: true },
  daemon: {
    folders: ['shared', 'engine', 'sqlite', 'sync'],
    packages: [
      '@napi-rs/keyring',
      'kysely',
      'libsql',
      'prom-client',
      'vscode-jsonrpc',
      'rotating-file-stream',
      'write-file-atomic',
      'zod',
      'ssh2',
    ],
    node: true,
  },
  sync: { folders: ['shared'], packages: ['axios', 'eventsource-parser', 'libsodium-wrappers', 'zod'], node: true },
  sqlite: { folders: [], packages: ['kysely', 'libsql'], node: true },
  // Neither the engine nor sync: what the cloud keeps it cannot decrypt.
  cloud: {
    folders: ['shared', 'sqlite'],
    packages: [
      'hono',
      '@hono/node-server',
      '@hono/zod-openapi',
      'commander',
      'jose',
      'kysely',
      'libsql',
      'pg',
      'prom-client',
      'rate-limiter-flexible',
      'zod',
    ],
    node: true,
  },
  main: {
    folders: ['shared'],
    door: 'daemon/client',
    packages: ['electron', 'electron-store', 'write-file-atomic', 'zod'],
    node: true,
  },
  preload: { folders: ['shared'], packages: ['electron'], node: false },
  renderer: {
    folders: ['shared'],
    packages: [
      'react',
      'react-dom',
      'zustand',
      '@base-ui/react',
      '@tanstack/react-virtual',
      'lucide-react',
      'uplot',
      'vite',
      'zod',
    ],
    node: false,
  },
  cli: {
    folders: ['shared'],
    door: 'daemon/client',
    packages: ['commander', 'picocolors', 'cli-table3', 'zod'],
    node: true,
  },
}

const escape = (text) => text.replace(/[./]/g, '\\$&')

const layerRules = Object.entries(folders).flatMap(([name, rule]) => {
  const own = `^src/(${[name, ...rule.folders].join('|')})/`
  const door = rule.door ? `|^src/${escape(rule.door)}\\.ts$` : ''
  const packages = rule.packages.map((each) => `(^|/)node_modules/(@types/)?${escape(each)}(/|$)`).join('|')
  return [
    {
      name: `${name}-folders`,
      comment: `src/${name} may import only: ${[...rule.folders, rule.door].filter(Boolean).join(', ') || 'itself'}.`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: '^(src|tests|scripts)/', pathNot: `${own}${door}` },
    },
    {
      name: `${name}-packages`,
      comment: `src/${name} may use only the packages listed for it.`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: packages,
      },
    },
    ...(rule.node
      ? []
      : [
          {
            name: `${name}-no-node`,
            comment: `src/${name} runs where Node's modules are not.`,
            severity: 'error',
            from: { path: `^src/${name}/` },
            to: { dependencyTypes: ['core'] },
          },
        ]),
  ]
})

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-undeclared', severity: 'error', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'private-files',
      comment: 'A file named _x is private to its folder.',
      severity: 'error',
      from: { path: '^(src/.+)/[^/]+$' },
      to: { path: '^src/.+/_[^/]+$', pathNot: '^$1/_[^/]+$' },
    },
    {
      name: 'one-ssh-client',
      comment:
        'Only the SSH layer (and the demo server) touch ssh2, so that no client exists without a host key check.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(engine/ssh|daemon/demo)/' },
      to: { path: 'node_modules/(@types/)?ssh2/' },
    },
    {
      name: 'engine-door',
      comment: 'The engine is entered by its index.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/' },
      to: { path: '^src/engine/', pathNot: '^src/engine/index\\.ts$' },
    },
    {
      name: 'sync-door',
      comment: 'Sync is entered by its index.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sync/' },
      to: { path: '^src/sync/', pathNot: '^src/sync/index\\.ts$' },
    },
    ...layerRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
