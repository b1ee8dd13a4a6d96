import express, { type Express } from 'express'

/** Opens the app without a store. It shows the cost of the web server itself. */
export function bareApp(): Express {
  const visits = new Map<string, number>()
  const app = express()

  app.get('/unchanged', ({ headers: { cookie = '' } }, response) => {
    response.send(String(visits.get(cookie)))
  })

  app.get('/changed', ({ headers: { cookie = '' } }, response) => {
    const count = (visits.get(cookie) ?? 0) + 1
    visits.set(cookie, count)
    response.send(String(count))
  })

  app.get('/sign-in', (_request, response) => {
    const cookie = `visitor=${visits.size}`
    visits.set(cookie, 0)
    response.setHeader('set-cookie', cookie)
    response.send('0')
  })

  app.get('/sign-out', (_request, response) => {
    response.send('0')
  })

  return app
}
