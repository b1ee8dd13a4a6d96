import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, nodeArgs, plainEnv } from '../process.js'
import { root } from '../workspace.js'

/** A package registry on loopback that takes what is published to it, and passes on what it does not have. */
export interface Registry {
  /** Without a slash at its end. */
  readonly url: string
  /** Text of an `.npmrc` that names this registry, with a token to publish with. */
  readonly npmrc: string
  stop(): Promise<void>
}

/** The `@bext` scope is never asked for elsewhere. */
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

/** The registry that npm is set up for here. */
const ownRegistry = (): string =>
  execFileSync('npm', ['config', 'get', 'registry'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

/** Starts Verdaccio with nothing in it, on a free port of 127.0.0.1. `stop()` leaves nothing of it behind. */
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
      throw new Error(`The registry on loopback did not start:\n${output}`)
    }
    await sleep(50)
  }
  return { url, npmrc: `registry=${url}/\n//127.0.0.1:${port}/:_authToken=loopback\n`, stop }
}
