import express4 from 'express-4'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { expressStore } from '@bext/session-express'
import { backends, createGate, openBackend, openBrowser, serve } from './helpers.js'
import { createPassportApp, signIn } from './passport-app.js'

const versions = { 'Express 5': express, 'Express 4': express4 }

describe.each(backends)('express-session with passport over %s', (backend) => {
  it.each(Object.entries(versions))(
    '%s signs in and out, with flash messages and a CSRF token',
    async (_, createApp) => {
      const plugin = (await openBackend(backend))()
      const browser = openBrowser(await serve(createPassportApp({ store: expressStore(plugin), createApp })))
      expect((await browser.get('/')).text).toBe('nobody')
      expect(await signIn(browser, 'ann', 'wrong')).toBe(302)
      expect((await browser.get('/login')).text).toContain('Wrong name or password.')
      expect((await browser.get('/login')).text).not.toContain('Wrong name or password.')
      const before = browser.cookies.get('connect.sid')
      expect((await browser.post('/login', { username: 'ann', password: 'right', csrf: 'forged' })).status).toBe(403)
      expect(await signIn(browser)).toBe(302)
      expect((await browser.get('/')).text).toBe('ann')
      expect(browser.cookies.get('connect.sid')).not.toBe(before)
      expect(await plugin.listUserSessions('1')).toHaveLength(1)
      expect((await browser.post('/logout')).status).toBe(302)
      expect((await browser.get('/')).text).toBe('nobody')
      expect(await plugin.listUserSessions('1')).toEqual([])
    },
  )

  it('ends all sessions of a user, and those of nobody else', async () => {
    const plugin = (await openBackend(backend))()
    const url = await serve(createPassportApp({ store: expressStore(plugin) }))
    const [phone, laptop, other] = [openBrowser(url), openBrowser(url), openBrowser(url)]
    await Promise.all([signIn(phone), signIn(laptop), signIn(other, 'ben')])
    expect(await plugin.listUserSessions('1')).toHaveLength(2)
    await plugin.endUserSessions('1')
    expect((await phone.get('/')).text).toBe('nobody')
    expect((await laptop.get('/')).text).toBe('nobody')
    expect((await other.get('/')).text).toBe('ben')
  })

  it.each(['/slow', '/slow-read'])(
    'a session that was ended stays ended, whatever %s saves late, in one process and over two',
    async (path) => {
      const open = await openBackend(backend)
      for (const isSameProcess of [true, false]) {
        const gate = createGate()
        const store = expressStore(open())
        const url = await serve(createPassportApp({ store, gate, session: { rolling: true } }))
        const otherUrl = isSameProcess ? url : await serve(createPassportApp({ store: expressStore(open()) }))
        const browser = openBrowser(url)
        expect(await signIn(browser)).toBe(302)
        const stolen = openBrowser(url, browser)
        const late = openBrowser(url, browser).get(path)
        await gate.reached
        const away = openBrowser(otherUrl, browser)
        expect((await away.post('/logout')).status).toBe(302)
        gate.open()
        // The page is served as usual: its save might as well have come just before the end.
        expect(await late).toMatchObject({ status: 200, text: 'done' })
        expect((await stolen.get('/')).text).toBe('nobody')
        expect((await stolen.get('/note')).text).toBe('none')
        expect(await open().listUserSessions('1')).toEqual([])
      }
    },
  )

  it('a session whose user was signed out everywhere stays ended when a request saves it late', async () => {
    const open = await openBackend(backend)
    const gate = createGate()
    const url = await serve(createPassportApp({ store: expressStore(open()), gate }))
    const browser = openBrowser(url)
    await signIn(browser)
    const late = openBrowser(url, browser).get('/slow')
    await gate.reached
    await open().endUserSessions('1')
    gate.open()
    expect((await late).status).toBe(200)
    expect((await browser.get('/')).text).toBe('nobody')
  })

  it('a request that changes nothing does not undo what another one saved, also with resave', async () => {
    const open = await openBackend(backend)
    const gate = createGate()
    const app = createPassportApp({ store: expressStore(open()), gate, session: { resave: true, rolling: true } })
    const url = await serve(app)
    const browser = openBrowser(url)
    await signIn(browser)
    await browser.get('/count')
    const late = openBrowser(url, browser).get('/slow-read')
    await gate.reached
    expect((await browser.get('/count')).text).toBe('2')
    gate.open()
    await late
    expect((await browser.get('/count')).text).toBe('3')
  })
})
