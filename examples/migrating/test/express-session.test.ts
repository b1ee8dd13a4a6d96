import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import type { Express } from 'express'
import type { Store } from 'express-session'
import { describe, expect, it } from 'vitest'
import { createApp, type Visits } from '../src/app.js'
import { openOldSession } from '../src/old-sessions.js'
import { oldApp } from './old-app.js'
import { openStores, storeNames } from './stores.js'
import { createVisitor, expectMigration } from './visitor.js'

const secrets = ['the newest of the secrets', 'the secret before it']
const oldCookieName = 'connect.sid'

function newApp(current: SessionPlugin, old: Store): Express {
  return createApp(createSessionManager<Visits>({ store: current, initialData: () => ({ visits: 0 }) }), old, secrets)
}

describe.each(storeNames)('sessions in %s', (name) => {
  it.each(secrets)('migrate with their data and user, and are deleted from the old store', async (secret) => {
    const { old, current } = await openStores(name)
    const [before, after] = [oldApp(old, secret), newApp(current, old)]
    await expectMigration(before, after)
  })

  it('migrate for guests, who stay guests', async () => {
    const { old, current } = await openStores(name)
    const guest = createVisitor()
    await guest.ask(oldApp(old, secrets[0]!), 'GET /')
    expect(await guest.ask(newApp(current, old), 'GET /')).toBe('200 Visit 2 of a guest')
    expect(await guest.cookieNames()).toEqual(['__Host-session-guest'])
  })

  it('are deleted if the first request is a sign-out', async () => {
    const { old, current } = await openStores(name)
    const [before, after] = [oldApp(old, secrets[0]!), newApp(current, old)]
    const ann = createVisitor()
    await ann.ask(before, 'POST /sign-in?name=ann')
    expect(await ann.ask(after, 'POST /sign-out')).toBe('200 Goodbye')
    expect(await ann.cookieNames()).toEqual([])
    expect(await ann.ask(after, 'GET /')).toBe('200 Visit 1 of a guest')
  })

  it('are ignored with another secret, with an altered signature, or once they have expired', async () => {
    const { old, current } = await openStores(name)
    const after = newApp(current, old)
    const foreign = createVisitor()
    await foreign.ask(oldApp(old, 'a secret of nobody'), 'POST /sign-in?name=ann')
    expect(await foreign.ask(after, 'GET /')).toBe('200 Visit 1 of a guest')

    const altered = createVisitor()
    await altered.ask(oldApp(old, secrets[0]!), 'POST /sign-in?name=ann')
    const [cookie] = await altered.jar.getCookies('http://localhost')
    cookie!.value = `${cookie!.value.slice(0, -2)}!!`
    await altered.jar.setCookie(cookie!, 'http://localhost')
    expect(await altered.ask(after, 'GET /')).toBe('200 Visit 1 of a guest')

    const late = createVisitor()
    await late.ask(oldApp(old, secrets[0]!, 1000), 'POST /sign-in?name=ann')
    // A browser drops the expired cookie, but a thief keeps it.
    const cookieHeader = await late.jar.getCookieString('http://localhost')
    const open = () => openOldSession({ store: old, secrets, cookieName: oldCookieName }, cookieHeader)
    await expect.poll(open, { timeout: 10_000 }).toBeUndefined()
  })

  it('stay in the old store if the new one fails, and migrate once it works', async () => {
    const { old, current } = await openStores(name)
    const failing: SessionPlugin = { ...current, create: () => Promise.reject(new Error('down')) }
    const ann = createVisitor()
    await ann.ask(oldApp(old, secrets[0]!), 'POST /sign-in?name=ann')
    expect(await ann.ask(newApp(failing, old), 'GET /')).toMatch(/^500/)
    expect(await ann.cookieNames()).toEqual([oldCookieName])
    expect(await ann.ask(newApp(current, old), 'GET /')).toBe('200 Visit 1 of ann')
  })
})
