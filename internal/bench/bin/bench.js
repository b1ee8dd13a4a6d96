#!/usr/bin/env node
// pnpm bench: packs the packages that are measured and installs them in a folder, as users get them, compiles the benchmarks
// and starts them.
// Drivers, peers and servers stay packages of the workspace.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Node versions, from npm, that backends are measured on. The other backends run on the current Node. */
const nodeVersions = { cookie: '24.21.0', sqlite: '24.21.0' }

const root = fileURLToPath(new URL('../../..', import.meta.url))
const installed = fileURLToPath(new URL('../.cache/packed', import.meta.url))
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
/** Packages that are measured: every published one that the benchmarks import. */
const measured = Object.keys(manifest.dependencies).filter((name) => name.startsWith('@bext/'))

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${status}:\n${stdout}${stderr}`)
}

async function installPacked() {
  await rm(installed, { recursive: true, force: true })
  await mkdir(installed, { recursive: true })
  const pnpm = [join(root, 'internal/checks/bin/pnpm.js')]
  const filters = measured.map((name) => `--filter=${name}`)
  run(process.execPath, [...pnpm, 'exec', 'turbo', 'run', 'build', ...filters], root)
  run(process.execPath, [...pnpm, '-r', ...filters, 'pack', '--pack-destination', installed], root)
  const tarballs = (await readdir(installed)).map((name) => `./${name}`)
  await writeFile(join(installed, 'package.json'), JSON.stringify({ private: true }))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', ...tarballs], installed)
}

/** Resolves our packages to the installed ones, which are not bundled. */
const packed = {
  name: 'packed',
  setup({ onResolve }) {
    const { resolve } = createRequire(join(installed, 'package.json'))
    onResolve({ filter: /^@bext\// }, ({ path }) => ({ path: resolve(path), external: true }))
  },
}

function built(name) {
  return fileURLToPath(new URL(`../.cache/${name}.js`, import.meta.url))
}

await installPacked()
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
  plugins: [packed],
  // For on-headers, which is CommonJS.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)`,
  },
  external: [
    '@bext-internal/*',
    '@fastify/*',
    '@hono/*',
    'autocannon',
    'better-sqlite3',
    'better-sqlite3-session-store',
    'connect-pg-simple',
    'connect-redis',
    'express',
    'express-session',
    'fastify',
    'hono',
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
  entryPoints: [createRequire(join(installed, 'package.json')).resolve('@bext/session-cookie')],
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
