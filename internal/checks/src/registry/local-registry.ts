import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, nodeArgs, plainEnv } from '../process.js'
import { root } from '../workspace.js'

/** A package registry on localhost. It stores what is published to it, and proxies all other packages. */
export interface Registry {
  /** URL without a trailing slash. */
  readonly url: string
  /** Text of an `.npmrc` with this registry and a token for publishing. */
  readonly npmrc: string
  stop(): Promise<void>
}

/** Rules of the registry. The `@bext` scope is never requested from another registry. */
const configOf = (folder: string, upstream: string): string => `
storage: ${folder}/storage
uplinks:
  upstream:
    url: ${upstream}
packages:
  '@bext/*':
    access: $all
    publish: $all
  '**':
    access: $all
    proxy: upstream
# Pretty lines are written by a thread, which fails to start where the machine is busy.
log: { type: stdout, format: json, level: warn }
`

/** Resolves to the registry that npm is configured for on this machine. */
const ownRegistry = (): string =>
  execFileSync('npm', ['config', 'get', 'registry'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

/** Starts an empty Verdaccio on a free port of 127.0.0.1. `stop()` removes all of its files. */
export async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'bext-registry-'))
  const port = await freePort()
  const config = join(folder, 'config.yaml')
  await writeFile(config, configOf(folder, ownRegistry()))
  const verdaccio = createRequire(import.meta.url).resolve('verdaccio/bin/verdaccio')
  const args = [...nodeArgs, verdaccio, '--config', config, '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { cwd: folder, env: plainEnv({}), stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exit = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  async function stop(): Promise<void> {
    child.kill('SIGKILL')
    await exit
    await rm(folder, { recursive: true, force: true })
  }
  const giveUp = AbortSignal.timeout(30_000)
  while (!(await fetch(`${url}/-/ping`, { signal: giveUp }).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || giveUp.aborted) {
      await stop()
      throw new Error(`The local registry did not start:\n${output}`)
    }
    await sleep(50)
  }
  return { url, npmrc: `registry=${url}/\n//127.0.0.1:${port}/:_authToken=loopback\n`, stop }
}
