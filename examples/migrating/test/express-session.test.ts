import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import type { Express } from 'express'
import type { Store } from 'express-session'
import { describe, expect, it } from 'vitest'
import { createApp, type Visits } from '../src/app.js'
import { openOldSession } from '../src/old-sessions.js'
import { oldApp } from './old-app.js'
import { openStores, storeNames } from './stores.js'
import { createVisitor } from './visitor.js'

const secrets = ['the newest of the secrets', 'the secret before it']
const oldName = 'connect.sid'

function newApp(plugin: SessionPlugin, old: Store): Express {
  return createApp(createSessionManager<Visits>({ store: plugin, initialData: () => ({ visits: 0 }) }), old, secrets)
}

describe.each(storeNames)('sessions of %s', (name) => {
  it.each(secrets)('move with their data and their user, and end where they were', async (secret) => {
    const { old, plugin } = await openStores(name)
    const [before, after] = [oldApp(old, secret), newApp(plugin, old)]
    const ann = createVisitor()
    await ann.ask(before, 'POST /sign-in?name=ann')
    expect(await ann.ask(before, 'GET /')).toBe('200 Visit 1 of ann')
    const thief = createVisitor()
    for (const cookie of await ann.jar.getCookies('http://localhost'))
      await thief.jar.setCookie(cookie, 'http://localhost')

    expect(await ann.ask(after, 'GET /')).toBe('200 Visit 2 of ann')
    expect(await ann.cookieNames()).toEqual(['__Host-session'])
    expect(await ann.ask(after, 'GET /')).toBe('200 Visit 3 of ann')

    expect(await thief.ask(before, 'GET /')).toBe('200 Visit 1 of a guest')
  })

  it('move of guests, too, who stay guests', async () => {
    const { old, plugin } = await openStores(name)
    const guest = createVisitor()
    await guest.ask(oldApp(old, secrets[0]!), 'GET /')
    expect(await guest.ask(newApp(plugin, old), 'GET /')).toBe('200 Visit 2 of a guest')
    expect(await guest.cookieNames()).toEqual(['__Host-session-guest'])
  })

  it('are gone after a sign-out that is the first request', async () => {
    const { old, plugin } = await openStores(name)
    const [before, after] = [oldApp(old, secrets[0]!), newApp(plugin, old)]
    const ann = createVisitor()
    await ann.ask(before, 'POST /sign-in?name=ann')
    expect(await ann.ask(after, 'POST /sign-out')).toBe('200 Goodbye')
    expect(await ann.cookieNames()).toEqual([])
    expect(await ann.ask(after, 'GET /')).toBe('200 Visit 1 of a guest')
  })

  it('are not let in with another secret, with an altered signature, or once they have expired', async () => {
    const { old, plugin } = await openStores(name)
    const after = newApp(plugin, old)
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
    // A browser drops the cookie at that time; a thief keeps it.
    const cookieHeader = await late.jar.getCookieString('http://localhost')
    const open = () => openOldSession({ store: old, secrets, cookieName: oldName }, cookieHeader)
    await expect.poll(open, { timeout: 10_000 }).toBeUndefined()
  })

  it('stay where they are if the new store fails, and move once it works', async () => {
    const { old, plugin } = await openStores(name)
    const failing: SessionPlugin = { ...plugin, create: () => Promise.reject(new Error('down')) }
    const ann = createVisitor()
    await ann.ask(oldApp(old, secrets[0]!), 'POST /sign-in?name=ann')
    expect(await ann.ask(newApp(failing, old), 'GET /')).toMatch(/^500/)
    expect(await ann.cookieNames()).toEqual([oldName])
    expect(await ann.ask(newApp(plugin, old), 'GET /')).toBe('200 Visit 1 of ann')
  })
})
