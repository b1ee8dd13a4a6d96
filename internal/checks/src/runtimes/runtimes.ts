import { join } from 'node:path'

/** A runtime for the checks, installed from npm. */
export interface Runtime {
  readonly name: string
  readonly specifier: string
  /** Returns the command line that runs the check in the folder. */
  command(folder: string): readonly [string, ...string[]]
}

const { platform, arch } = process
const modules = (folder: string, ...path: readonly string[]): string => join(folder, 'node_modules', ...path)

const nodeVersions = ['20.20.2', '22.23.3', '24.21.0', '26.10.0']

function node(version: string): Runtime {
  const alias = `node-${version.split('.')[0]}`
  return {
    name: `Node ${version}`,
    specifier: `${alias}@npm:node-${platform}-${arch}@${version}`,
    command: (folder) => [modules(folder, alias, 'bin/node'), 'run.js'],
  }
}

const bunArch = arch === 'arm64' ? 'aarch64' : arch
const denoPackage = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`
const workerdPackage = `@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}`

/** The runtimes that can connect to a server by TCP. */
export const runtimesWithSockets: readonly Runtime[] = [
  ...nodeVersions.map(node),
  {
    name: 'Bun 1.4.5',
    specifier: `@oven/bun-${platform}-${bunArch}@1.4.5`,
    command: (folder) => [modules(folder, `@oven/bun-${platform}-${bunArch}/bin/bun`), 'run.js'],
  },
  {
    name: 'Deno 2.9.6',
    specifier: `${denoPackage}@2.9.6`,
    command: (folder) => [modules(folder, denoPackage, 'deno'), 'run', '-A', 'run.js'],
  },
]

const workerd: Runtime = {
  name: 'workerd 1.20260426.1',
  specifier: `${workerdPackage}@1.20260426.1`,
  command: (folder) => [modules(folder, workerdPackage, 'bin/workerd'), 'test', 'workerd.capnp'],
}

/** The runtimes that the cookie store supports. */
export const runtimes: readonly Runtime[] = [...runtimesWithSockets, workerd]
