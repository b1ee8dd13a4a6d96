import type { RequestListener } from 'node:http'
import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import type { Store } from 'express-session'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFastifyApp } from '../src/fastify-app.js'
import { oldApp } from './old-app.js'
import { oldFastifyApp } from './old-fastify-app.js'
import { openStores, storeNames } from './stores.js'
import { createVisitor, expectMigration } from './visitor.js'

const secret = 'a secret of thirty-two characters, or more'
const olderSecret = `${secret}, before it`

async function listenerOf(app: FastifyInstance): Promise<RequestListener> {
  await app.ready()
  onTestFinished(() => app.close())
  return (request, response) => app.routing(request, response)
}

interface Host {
  readonly name: string
  readonly cookieName: string
  readonly open: (store: Store, secret: string) => Promise<RequestListener>
}

const hosts: readonly Host[] = [
  { name: 'express-session', cookieName: 'connect.sid', open: async (store, key) => oldApp(store, key) },
  {
    name: '@fastify/session',
    cookieName: 'sessionId',
    open: async (store, key) => listenerOf(await oldFastifyApp(store, key)),
  },
  {
    name: '@fastify/session with the prefix of express-session',
    cookieName: 'sessionId',
    open: async (store, key) => listenerOf(await oldFastifyApp(store, key, 's:')),
  },
]

const cases = hosts.flatMap((host) => storeNames.map((storeName) => ({ storeName, ...host })))

async function newApp(current: SessionPlugin, store: Store, cookieName: string): Promise<FastifyInstance> {
  const sessions = createSessionManager({ store: current, initialData: () => ({ visits: 0 }) })
  return createFastifyApp(sessions, { store, secrets: [secret, olderSecret], cookieName })
}

describe.each(cases)('sessions of $name in $storeName, in an app with Fastify', ({ storeName, cookieName, open }) => {
  it.each([secret, olderSecret])(
    'migrate with their data and user, and are deleted from the old store',
    async (key) => {
      const { old, current } = await openStores(storeName)
      const [before, after] = [await open(old, key), await listenerOf(await newApp(current, old, cookieName))]
      await expectMigration(before, after)
    },
  )

  it('migrate for guests, are deleted by a sign-out, and are ignored with another secret', async () => {
    const { old, current } = await openStores(storeName)
    const [before, after] = [await open(old, secret), await listenerOf(await newApp(current, old, cookieName))]
    const guest = createVisitor()
    await guest.ask(before, 'GET /')
    expect(await guest.ask(after, 'GET /')).toBe('200 Visit 2 of a guest')
    expect(await guest.cookieNames()).toEqual(['__Host-session-guest'])

    const ann = createVisitor()
    await ann.ask(before, 'POST /sign-in?name=ann')
    expect(await ann.ask(after, 'POST /sign-out')).toBe('200 Goodbye')
    expect(await ann.cookieNames()).toEqual([])

    const foreign = createVisitor()
    await foreign.ask(await open(old, 'a secret of nobody, thirty-two characters'), 'POST /sign-in?name=ann')
    expect(await foreign.ask(after, 'GET /')).toBe('200 Visit 1 of a guest')
  })

  it('stay in the old store if the new one fails, or the handler throws, or its response cannot be sent, and migrate afterwards', async () => {
    const { old, current } = await openStores(storeName)
    const failing: SessionPlugin = { ...current, create: () => Promise.reject(new Error('down')) }
    const app = await newApp(current, old, cookieName)
    app.get('/throws', async () => {
      throw new Error('broken page')
    })
    app.get('/cannot-be-sent', async () => Response.error())
    const [broken, after] = [await listenerOf(await newApp(failing, old, cookieName)), await listenerOf(app)]
    const ann = createVisitor()
    await ann.ask(await open(old, secret), 'POST /sign-in?name=ann')
    expect(await ann.ask(broken, 'GET /')).toMatch(/^500/)
    expect(await ann.ask(after, 'GET /throws')).toMatch(/^500/)
    expect(await ann.ask(after, 'GET /cannot-be-sent')).toMatch(/^500/)
    expect(await ann.cookieNames()).toEqual([cookieName])
    expect(await ann.ask(after, 'GET /')).toBe('200 Visit 1 of ann')
  })
})
