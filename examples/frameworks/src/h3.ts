import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { CookiesSession } from '@bext/session-core/manager'
import { sessionErrorStatus } from '@bext/session-core/manager'
import type { H3Event } from 'h3'
import { getCookie, getQuery, H3, redirect, setCookie } from 'h3'
import { toNodeHandler } from 'h3/node'
import type { SessionData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

function openSession(event: H3Event): Promise<CookiesSession<SessionData>> {
  return sessions.openCookies({
    get: (name) => getCookie(event, name),
    set(name, value, attributes) {
      const { headers, errHeaders } = event.res
      setCookie(event, name, value, attributes)
      headers.set('Cache-Control', 'no-store')
      // h3 sends an error page with these headers only.
      errHeaders.delete('Set-Cookie')
      for (const cookie of headers.getSetCookie()) errHeaders.append('Set-Cookie', cookie)
    },
  })
}

const app = new H3({
  silent: true,
  onError: (error, { res }) =>
    new Response('Something went wrong.', {
      status: sessionErrorStatus(error.cause) ?? error.status,
      headers: res.errHeaders,
    }),
})

app.get('/', async (event) => {
  const session = await openSession(event)
  session.data.visits += 1
  await session.commit()
  return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
})

app.post('/sign-in', async (event) => {
  const session = await openSession(event)
  session.signIn(String(getQuery(event)['name']))
  await session.commit()
  setCookie(event, 'theme', 'dark')
  return 'Welcome'
})

app.post('/note', async (event) => {
  const session = await openSession(event)
  session.data.note = String(getQuery(event)['text'])
  await session.commit()
  return redirect('/', 303)
})

app.post('/sign-out', async (event) => {
  const session = await openSession(event)
  session.signOut()
  await session.commit()
  return 'Goodbye'
})

app.get('/stream', async (event) => {
  const session = await openSession(event)
  session.data.visits += 1
  await session.commit()
  return ReadableStream.from(ticks(`Visit ${session.data.visits}`))
})

app.get('/fail', async (event) => {
  const session = await openSession(event)
  session.data.visits += 100
  throw new Error('This page is broken.')
})

app.post('/fail-late', async (event) => {
  const session = await openSession(event)
  session.rotate()
  await session.commit()
  throw new Error('This page is broken.')
})

export function createH3(): Server {
  const handler = toNodeHandler(app)
  return createServer((request, response) => void handler(request, response))
}
