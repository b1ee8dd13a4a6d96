import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { root } from '../workspace.js'
import { install, outcomeOn } from './app.js'
import { marker } from './cookie-outcome.js'
import { runtimes, type Runtime } from './runtimes.js'
import { configWith } from './workerd.js'

const limitMs = 120_000
const names = ['core', 'device'].map((name) => `@bext/session-${name}`)
const walk = join(root, 'packages/session-device/test/edge/walk.ts')

/** Takes packages from the folder instead of the workspace, so that the packed ones run. */
function packagesOf(folder: string): Plugin {
  return {
    name: 'packed packages',
    setup(bundler) {
      bundler.onResolve({ filter: /^[^./#]/ }, ({ path, kind, importer }) =>
        importer.startsWith(join(root, 'packages')) ? bundler.resolve(path, { kind, resolveDir: folder }) : undefined,
      )
    },
  }
}

async function bundle(folder: string, outfile: string, conditions: readonly string[], program: string): Promise<void> {
  await build({
    absWorkingDir: folder,
    stdin: { contents: `import { walk } from ${JSON.stringify(walk)}\n${program}`, resolveDir: folder },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    external: ['node:*'],
    plugins: [packagesOf(folder)],
  })
}

async function prove(runtime: Runtime, folder: string): Promise<boolean> {
  try {
    const algorithms = (await outcomeOn(runtime, folder, limitMs)) as readonly string[]
    console.log(`| ${runtime.name} | ${algorithms.join(', ')} |`)
    return true
  } catch (error) {
    console.log(`| ${runtime.name} | failed |`)
    console.error(String(error))
    return false
  }
}

/**
 * Runs the client that behaves as Chromium does against @bext/session-device on every runtime, in workerd without its
 * compatibility with Node. Resolves to whether all passed.
 */
export async function proveDevice(folder: string): Promise<boolean> {
  await install(
    folder,
    names,
    runtimes.map(({ specifier }) => specifier),
  )
  const print = `console.log(${JSON.stringify(marker)} + JSON.stringify(await walk()))`
  await bundle(folder, 'run.js', ['node'], print)
  await bundle(folder, 'worker.js', ['workerd', 'worker'], `export default { async test() { ${print} } }`)
  await writeFile(join(folder, 'workerd.capnp'), configWith([]))
  console.log('| runtime | passed with |\n| --- | --- |')
  let passed = true
  for (const runtime of runtimes) if (!(await prove(runtime, folder))) passed = false
  return passed
}
