import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, plainEnv, runToEnd, withServer } from '../process.js'
import type { Manifest } from '../workspace.js'
import { root } from '../workspace.js'
import { walks } from './walk.js'

const nodeVersion = '24.21.0'
const minuteMs = 60_000

interface AppManifest extends Manifest {
  readonly scripts: Readonly<Record<'build' | 'start', string>>
}

/**
 * Installs, builds and starts an app of `examples/frameworks/apps` in the folder, with the packed packages and Node 24, and
 * walks through it over HTTP. Rejects if a step fails.
 */
export async function checkApp(
  name: string,
  folder: string,
  tarballs: readonly string[],
  redisUrl: string,
): Promise<void> {
  const app = join(folder, name)
  await rm(app, { recursive: true, force: true })
  await cp(join(root, 'examples/frameworks/apps', name), app, { recursive: true })
  const manifest = JSON.parse(await readFile(join(app, 'package.json'), 'utf8')) as AppManifest
  const port = await freePort()
  const url = `http://localhost:${port}`
  const bin = [join(app, 'node_modules/node-24/bin'), join(app, 'node_modules/.bin')].join(':')
  const env = plainEnv({
    REDIS_URL: redisUrl,
    PORT: String(port),
    HOST: 'localhost',
    ORIGIN: url,
    NEXT_TELEMETRY_DISABLED: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
    NUXT_TELEMETRY_DISABLED: '1',
  })
  const path = `${bin}:${env['PATH']}`

  async function run(command: string, ...args: string[]): Promise<void> {
    const { code, output } = await runToEnd({ command, args, cwd: app, env: { ...env, PATH: path } }, 5 * minuteMs)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output}`)
  }

  const node = `node-24@npm:node-${process.platform}-${process.arch}@${nodeVersion}`
  await writeFile(join(app, '.npmrc'), 'audit=false\nfund=false\nengine-strict=false\nloglevel=error\n')
  await run('npm', 'install', '--no-save', node, ...tarballs)
  await run('sh', '-c', manifest.scripts.build)
  // With exec, so that the signal at the end reaches the server itself.
  const start = { command: 'sh', args: ['-c', `exec ${manifest.scripts.start}`], cwd: app, env: { ...env, PATH: path } }
  await withServer(start, `${url}/`, minuteMs, async () => {
    for (const walk of walks[name] ?? []) await walk(url)
  })
}
