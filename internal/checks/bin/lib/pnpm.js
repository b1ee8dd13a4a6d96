import { capture } from './child.js'
import { root, rootManifest } from './workspace.js'

/**
 * Returns the command line of the pnpm version that the root package.json names: the pnpm in PATH if it has that
 * version, otherwise npx.
 *
 * @returns {Promise<string[]>}
 */
export async function findPnpm() {
  const wanted = rootManifest().packageManager
  const installed = await capture('pnpm', ['--version'], { cwd: root }).catch(() => undefined)
  if (installed?.code === 0 && `pnpm@${installed.output.trim()}` === wanted) return ['pnpm']
  return ['npx', '--yes', wanted]
}
