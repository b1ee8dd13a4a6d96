import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Returns the configuration of a worker in `worker.js`. */
export function configWith(flags: readonly 'nodejs_compat'[]): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")],
    compatibilityDate = "2026-04-01",
    compatibilityFlags = ${JSON.stringify(flags)},
    bindings = [(name = "self", service = "main")],
  ))],
);
`
}

// The kit reads its version from a file, and starts processes for cases that do not apply to client-backed stores.
const stubs: Readonly<Record<string, string>> = {
  'node:fs': `export const readFileSync = () => '{"version":"0.0.0"}'`,
  'node:child_process': 'export const spawn = undefined',
  'node:module': 'export const syncBuiltinESMExports = () => {}',
}

/** Bundles the check for workerd, as a bundler does for Cloudflare Workers. */
export async function writeWorker(folder: string): Promise<void> {
  await writeFile(join(folder, 'workerd.capnp'), configWith(['nodejs_compat']))
  await writeFile(
    join(folder, 'worker-entry.js'),
    `import { report } from './report.js'
import { answer } from './response-check.js'
const sendTo = (service) => (path, init) => service.fetch('http://localhost' + path, init)
export default { fetch: (request) => answer(request), test: (_, env) => report(sendTo(env.self)) }
`,
  )
  await build({
    absWorkingDir: folder,
    entryPoints: ['worker-entry.js'],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    define: { 'import.meta.url': '"file:///worker.js"' },
    external: ['node:*'],
    plugins: [
      {
        name: 'stubs',
        setup(bundle) {
          bundle.onResolve({ filter: /^node:/ }, ({ path }) =>
            path in stubs ? { path, namespace: 'stub' } : undefined,
          )
          bundle.onLoad({ filter: /./, namespace: 'stub' }, ({ path }) => ({ contents: stubs[path] ?? '' }))
        },
      },
    ],
  })
}
