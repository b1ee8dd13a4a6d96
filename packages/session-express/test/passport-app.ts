import flash from 'connect-flash'
import { csrfSync } from 'csrf-sync'
import express, { type Express } from 'express'
import session, { type SessionOptions } from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { mintSessionId } from '@bext/session-express'
import type { Gate } from './helpers.js'

declare module 'express-session' {
  interface SessionData {
    visits?: number
    note?: string
  }
}

declare global {
  // The interface of @types/passport, which apps extend.
  namespace Express {
    interface User {
      readonly id: string
      readonly name: string
    }
  }
}

const users: readonly Express.User[] = [
  { id: '1', name: 'ann' },
  { id: '2', name: 'ben' },
]

function createPassport(): passport.PassportStatic {
  const authenticator = new passport.Passport() as passport.PassportStatic
  authenticator.use(
    new Strategy((name, password, done) => {
      const user = users.find((each) => each.name === name)
      if (user === undefined || password !== 'right') done(null, false, { message: 'Wrong name or password.' })
      else done(null, user)
    }),
  )
  authenticator.serializeUser((user, done) => done(null, { id: user.id, name: user.name }))
  authenticator.deserializeUser((user: Express.User, done) => done(null, user))
  return authenticator
}

export interface PassportAppOptions {
  readonly store: session.Store
  /** Express 5 or 4. */
  readonly createApp?: () => Express
  /** Where a slow request waits, between loading its session and saving it. */
  readonly gate?: Gate | undefined
  readonly session?: Partial<SessionOptions>
}

/** The official example of express-session and passport, with flash messages and a CSRF token. */
export function createPassportApp({ store, createApp = express, gate, session: options }: PassportAppOptions): Express {
  const app = createApp()
  const authenticator = createPassport()
  const { generateToken, csrfSynchronisedProtection } = csrfSync({
    getTokenFromRequest: ({ body }) => (body as { readonly csrf?: string } | undefined)?.csrf,
  })
  app.use(express.urlencoded({ extended: false }))
  app.use(
    session({
      store,
      genid: mintSessionId,
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 60_000 },
      ...options,
    }),
  )
  app.use(authenticator.session())
  app.use(flash())

  app.get('/login', (request, response) => {
    response.send({ csrf: generateToken(request), messages: request.flash('error') })
  })
  app.post(
    '/login',
    csrfSynchronisedProtection,
    authenticator.authenticate('local', { successRedirect: '/', failureRedirect: '/login', failureFlash: true }),
  )
  app.post('/logout', (request, response, next) => {
    request.logout((error) => {
      if (error) next(error)
      else response.redirect('/')
    })
  })
  app.get('/', (request, response) => {
    response.send(request.user?.name ?? 'nobody')
  })
  app.get('/count', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1
    response.send(String(request.session.visits))
  })
  app.get('/slow', (request, response, next) => {
    const waited = gate?.wait() ?? Promise.resolve()
    waited.then(() => {
      request.session.note = 'late'
      return response.send('done')
    }, next)
  })
  app.get('/slow-read', (_request, response, next) => {
    const waited = gate?.wait() ?? Promise.resolve()
    waited.then(() => response.send('done'), next)
  })
  app.get('/note', (request, response) => {
    response.send(request.session.note ?? 'none')
  })
  return app
}

/** Signs in as the form does. Resolves to the status of the answer. */
export async function signIn(
  browser: {
    get(path: string): Promise<{ readonly text: string }>
    post(path: string, form: Readonly<Record<string, string>>): Promise<{ readonly status: number }>
  },
  username = 'ann',
  password = 'right',
): Promise<number> {
  const { csrf } = JSON.parse((await browser.get('/login')).text) as { readonly csrf: string }
  return (await browser.post('/login', { username, password, csrf })).status
}
