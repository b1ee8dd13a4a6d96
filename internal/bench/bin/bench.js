#!/usr/bin/env node
// pnpm bench: compiles benchmarks and stores as they are published, because a loader would add calls to each function.
// Then it starts them. Drivers, peers and servers stay separate packages.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Node versions, from npm, that backends are measured on. The other backends run on the current Node. */
const nodeVersions = { cookie: '24.21.0' }

function built(name) {
  return fileURLToPath(new URL(`../.cache/${name}.js`, import.meta.url))
}

const outfile = built('main')
const shared = { bundle: true, format: 'esm', target: 'node20' }
await build({
  ...shared,
  entryPoints: {
    main: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
    'host-server': fileURLToPath(new URL('../src/host/server.ts', import.meta.url)),
  },
  outdir: dirname(outfile),
  platform: 'node',
  external: [
    '@bext-internal/*',
    '@fastify/*',
    'autocannon',
    'connect-pg-simple',
    'connect-redis',
    'express',
    'express-session',
    'fastify',
    'ioredis',
    'iron-session',
    'pg',
    'postgres',
    'redis',
    'vega',
    'vega-lite',
  ],
})
// The cookie store as bundlers compile it for runtimes without node:crypto.
await build({
  ...shared,
  entryPoints: [fileURLToPath(import.meta.resolve('@bext/session-cookie'))],
  outfile: built('cookie-web'),
  platform: 'neutral',
  conditions: ['workerd'],
})

const version = nodeVersions[process.argv[2]]
if (version === undefined || version === process.versions.node) {
  await import(outfile)
} else {
  const node = `node-${process.platform}-${process.arch}@${version}`
  const args = ['--yes', '--package', node, '--', 'node', ...process.execArgv, outfile, ...process.argv.slice(2)]
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1
}
