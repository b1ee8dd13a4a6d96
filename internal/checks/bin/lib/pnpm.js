import { capture } from './child.js'
import { root, rootManifest } from './workspace.js'

/**
 * The command line that starts the very pnpm that the root package.json names: the one in PATH if it is that version,
 * else through npx.
 *
 * @returns {Promise<string[]>}
 */
export async function findPnpm() {
  const wanted = rootManifest().packageManager
  const installed = await capture('pnpm', ['--version'], { cwd: root }).catch(() => undefined)
  if (installed?.code === 0 && `pnpm@${installed.output.trim()}` === wanted) return ['pnpm']
  return ['npx', '--yes', wanted]
}
