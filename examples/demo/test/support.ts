import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { createApp } from '../src/app.js'
import type { Client, ClientOptions } from '../walk/client.js'
import { createClient } from '../walk/client.js'
import { androidChrome, firefox } from '../walk/user-agents.js'
import { startServer } from '../src/server.js'
import type { DemoStore } from '../src/stores/store.js'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = fileURLToPath(new URL('..', import.meta.url))

/** Starts the app for one test. */
export async function startApp(store: DemoStore): Promise<string> {
  const server = await startServer((url) => createApp(store, url), 0)
  onTestFinished(() => server.close())
  return server.url
}

export function browse(url: string, options?: ClientOptions): Promise<Client> {
  return createClient('client', url, new AbortController().signal, options)
}

/** Signs one user in on two clients. */
export async function signInTwice(store: DemoStore): Promise<readonly [Client, Client]> {
  const url = await startApp(store)
  const [laptop, phone] = [
    await browse(url, { userAgent: firefox.header }),
    await browse(url, { userAgent: androidChrome.header }),
  ]
  await laptop.post('/sign-in', { name: 'ada' })
  await phone.post('/sign-in', { name: 'ada' })
  return [laptop, phone]
}

export function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
