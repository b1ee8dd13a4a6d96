import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnv, runToEnd } from './process.js'
import { packages, root } from './workspace.js'

/** Returns the files below a folder, relative to it, with forward slashes. */
export const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    : []

/** Returns the source file of a compiled file. */
export const sourceOf = (output: string): string => output.replace(/(\.d)?\.js$|\.d\.ts$/, '.ts')

/** Builds every package and removes the output of deleted sources. Resolves to the output of a failed build, or to ''. */
export async function buildPackages(): Promise<string> {
  for (const { folder } of packages) {
    const sources = new Set(filesBelow(join(root, folder, 'src')))
    for (const output of filesBelow(join(root, folder, 'dist'))) {
      if (!sources.has(sourceOf(output))) rmSync(join(root, folder, 'dist', output))
    }
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const args = [tsc, '-b', '--pretty', 'false', ...packages.map(({ folder }) => folder)]
  const command = { command: process.execPath, args, cwd: root, env: plainEnv({}) }
  const { code, output } = await runToEnd(command, 60_000)
  return code === 0 ? '' : `tsc ended with code ${code}:\n${output}`
}
