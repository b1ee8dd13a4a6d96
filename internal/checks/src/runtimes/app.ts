import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { packPackages } from '../pack.js'
import { plainEnv, runToEnd } from '../process.js'
import { marker } from './cookie-outcome.js'
import type { Runtime } from './runtimes.js'

const installLimitMs = 600_000

/** Installs the packed packages in the folder, and further packages from npm. */
export async function install(folder: string, names: readonly string[], specifiers: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const { packed, remove } = await packPackages()
  try {
    const tarballs = names.map((name) => packed.get(name)?.tarball ?? name)
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-progress', '--legacy-peer-deps']
    const args = ['install', ...flags, ...tarballs, ...specifiers]
    const { code, output } = await runToEnd({ command: 'npm', args, cwd: folder, env: plainEnv({}) }, installLimitMs)
    if (code !== 0) throw new Error(`npm install ended with code ${code}:\n${output}`)
  } finally {
    await remove()
  }
}

/** Compiles files of this folder into the target folder. */
export async function compile(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const source = await readFile(new URL(`./${name}.ts`, import.meta.url), 'utf8')
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' })
    await writeFile(join(folder, `${name}.js`), code)
  }
}

/** Runs the program of the folder on a runtime. Resolves to the outcome that it prints. */
export async function outcomeOn(
  runtime: Runtime,
  folder: string,
  limitMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const [command, ...args] = runtime.command(folder)
  const ofProgram = plainEnv({ NO_COLOR: '1', ...env })
  const { code, output } = await runToEnd({ command, args, cwd: folder, env: ofProgram }, limitMs)
  if (!output.includes(marker))
    throw new Error(`The program printed no outcome and ended with code ${code}:\n${output}`)
  return JSON.parse(output.slice(output.indexOf(marker) + marker.length).split('\n')[0] ?? '')
}
