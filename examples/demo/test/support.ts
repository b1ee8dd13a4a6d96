import { onTestFinished } from 'vitest'
import { createApp } from '../src/app.js'
import type { Client, ClientOptions } from '../walk/client.js'
import { createClient } from '../walk/client.js'
import { androidChrome, firefox } from '../walk/user-agents.js'
import { startServer } from '../src/server.js'
import type { DemoStore } from '../src/stores/store.js'

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
