import express, { type Express, type Request } from 'express'
import session, { type Store } from 'express-session'

/** Creates the old app, with express-session. */
export function oldApp(store: Store, secret: string, maxAge?: number): Express {
  const app = express()
  app.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: maxAge ? { maxAge } : {} }))

  app.get('/', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1
    response.send(`Visit ${request.session.visits} of ${request.session.userId ?? 'a guest'}`)
  })

  app.post('/sign-in', (request: Request<object, string, unknown, { name: string }>, response) => {
    request.session.userId = request.query.name
    response.send('Welcome')
  })

  return app
}
