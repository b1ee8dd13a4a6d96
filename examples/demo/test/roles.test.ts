import { describe, expect, it } from 'vitest'
import { openCookieStore } from '../src/stores/cookie.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { createUsers } from '../src/users.js'
import { textOf } from '../walk/walk-steps.js'
import { browse, signInTwice, startApp } from './support.js'

const toEditor = { user: 'ada', role: 'editor' }

describe('the admin page', () => {
  it('changes the role in all sessions of a user, and signs nobody out', async () => {
    const [laptop, phone] = await signInTwice(openMemoryStore())
    expect(textOf(await phone.get('/store'), 'role')).toBe('reader')
    const cookie = await phone.cookie()
    const { status, body } = await laptop.post('/admin/role', toEditor)
    expect(status).toBe(200)
    expect(body).toContain('ada is now editor. Sessions of ada: 2 changed, 0 unchanged, 0 missed, 0 gone.')
    expect(body).toContain('Make reader')
    expect(textOf(await phone.get('/store'), 'role')).toBe('editor')
    expect((await phone.cookie())?.value).toBe(cookie?.value)
    expect(textOf(await laptop.get('/store'), 'role')).toBe('editor')
    expect((await laptop.post('/admin/role', toEditor)).body).toContain('0 changed, 2 unchanged')
  })

  it('keeps the role for later sign-ins, and gives it to no other user', async () => {
    const [laptop] = await signInTwice(openMemoryStore())
    await laptop.post('/admin/role', toEditor)
    await laptop.post('/sign-in', { name: 'grace' })
    expect(textOf(await laptop.get('/store'), 'role')).toBe('reader')
    await laptop.post('/sign-in', { name: 'ada' })
    expect(textOf(await laptop.get('/store'), 'role')).toBe('editor')
  })

  it('says who may see it, and refuses guests, unknown users and unknown roles', async () => {
    const url = await startApp(openMemoryStore())
    const [ada, guest] = [await browse(url), await browse(url)]
    await ada.post('/sign-in', { name: 'ada' })
    for (const client of [ada, guest]) expect((await client.get('/admin')).body).toContain('Who may see this page')
    expect((await guest.get('/admin')).body).not.toContain('ada')
    expect((await guest.post('/admin/role', toEditor)).status).toBe(403)
    expect((await ada.post('/admin/role', { user: 'grace', role: 'editor' })).status).toBe(404)
    expect((await ada.post('/admin/role', { user: 'ada', role: 'owner' })).status).toBe(400)
    expect((await ada.post('/admin/role', toEditor, 'http://elsewhere.example')).status).toBe(403)
    expect(textOf(await ada.get('/store'), 'role')).toBe('reader')
  })

  it('says that the store cannot change sessions', async () => {
    const client = await browse(await startApp(openCookieStore()))
    await client.post('/sign-in', { name: 'ada' })
    expect((await client.get('/admin')).body).toContain('This store cannot change the sessions of a user')
    expect((await client.post('/admin/role', toEditor)).status).toBe(404)
  })
})

it('keeps the users who signed in last', () => {
  const users = createUsers()
  users.signIn('ada')
  users.setRole('ada', 'editor')
  for (let count = 1; count < 20; count += 1) users.signIn(`user ${count}`)
  expect(users.list()).toHaveLength(20)
  expect(users.list().at(-1)).toEqual({ name: 'ada', role: 'editor' })
  expect(users.signIn('ada')).toBe('editor')
  users.signIn('grace')
  expect(users.list()[0]).toEqual({ name: 'grace', role: 'reader' })
  expect(users.list()).toHaveLength(20)
  expect(users.setRole('user 1', 'editor')).toBe(false)
})
