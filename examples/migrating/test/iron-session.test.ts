import express, { type Express, type Request, type Response } from 'express'
import { getIronSession } from 'iron-session'
import { expect, it } from 'vitest'
import { ironSessionManager } from '../src/iron-session.js'
import { createVisitor } from './visitor.js'

const password = 'a password of thirty-two characters, or more'
const cookieName = 'my-app'
const secrets = [{ id: 'k1', secret: new Uint8Array(32).fill(7) }]

function oldApp(oldPassword: string): Express {
  const app = express()
  const open = (request: Request, response: Response) =>
    getIronSession<{ userId?: string; visits?: number }>(request, response, { password: oldPassword, cookieName })

  app.post('/sign-in', async (request, response) => {
    const session = await open(request, response)
    Object.assign(session, { userId: request.query['name'], visits: 1 })
    await session.save()
    response.send('Welcome')
  })

  app.get('/', async (request, response) => {
    const { visits = 0, userId } = await open(request, response)
    response.send(`Visit ${visits} of ${userId ?? 'a guest'}`)
  })
  return app
}

function newApp(): Express {
  const sessions = ironSessionManager(secrets, { password, cookieName })
  const app = express()

  app.get('/', async (request, response) => {
    const session = await sessions.openNode(request, response)
    session.data.visits += 1
    const text = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
    await session.commit()
    response.send(text)
  })
  return app
}

it('a session of iron-session migrates at the first request', async () => {
  const ann = createVisitor()
  await ann.ask(oldApp(password), 'POST /sign-in?name=ann')
  expect(await ann.ask(newApp(), 'GET /')).toBe('200 Visit 2 of ann')
  expect(await ann.cookieNames()).toEqual(['__Host-session'])
  expect(await ann.ask(newApp(), 'GET /')).toBe('200 Visit 3 of ann')
  expect(await ann.ask(oldApp(password), 'GET /')).toBe('200 Visit 0 of a guest')
})

it('a session sealed with another password is ignored', async () => {
  const ann = createVisitor()
  await ann.ask(oldApp(`${password}, not this one`), 'POST /sign-in?name=ann')
  expect(await ann.ask(newApp(), 'GET /')).toBe('200 Visit 1 of a guest')
})
