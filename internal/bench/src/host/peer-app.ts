import express, { type Express } from 'express'
import session, { type SessionOptions, type Store } from 'express-session'
import { filler, ttlMs } from './host-server.js'

declare module 'express-session' {
  interface SessionData {
    userId: string
    visits: number
    filler: string
  }
}

/** Opens the app with express-session, configured as its documentation recommends for stores that touch. */
export function peerApp(store: Store, options: Pick<SessionOptions, 'genid'> = {}): Express {
  const app = express()
  const cookie = { maxAge: ttlMs }
  app.use(session({ store, secret: 'of a benchmark', resave: false, saveUninitialized: false, cookie, ...options }))

  app.get('/unchanged', (request, response) => {
    response.send(String(request.session.visits))
  })

  app.get('/changed', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1
    response.send(String(request.session.visits))
  })

  app.get('/sign-in', (request, response) => {
    Object.assign(request.session, { userId: 'user', visits: 0, filler })
    response.send('0')
  })

  app.get('/sign-out', (request, response, next) => {
    request.session.destroy((error: unknown) => {
      if (error === undefined || error === null) response.send('0')
      else next(error)
    })
  })

  return app
}
