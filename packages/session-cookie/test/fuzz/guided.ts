import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const fuzzer = '@jazzer.js/core@4.0.0'
const corpus = [
  'tFe26.2*k1**AAAAAAAAAAAAAAAAAAAAAA*AAAAAAAAAAAAAAAAAAAAAA*4000000000000**',
  's0abcdef{}',
  's34:user3:abc1',
  't',
]

/**
 * Runs jazzer.js, which searches for inputs that reach new code. npx fetches it from npm; it needs glibc 2.38 or newer.
 */
export async function fuzzGuided(runs: number, seed: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bext-fuzz-'))
  try {
    const outfile = join(folder, 'target.cjs')
    const entryPoints = [fileURLToPath(new URL('./guided-target.ts', import.meta.url))]
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', conditions: ['node'] })
    mkdirSync(join(folder, 'corpus'))
    for (const [n, text] of corpus.entries()) writeFileSync(join(folder, 'corpus', String(n)), text, 'latin1')
    const limits = [`-runs=${runs}`, `-seed=${seed}`, '-max_len=600', '-print_final_stats=1']
    const args = ['--yes', '--package', fuzzer, '--', 'jazzer', outfile, 'corpus', '-i', 'target.cjs', '--', ...limits]
    return spawnSync('npx', args, { cwd: folder, stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
