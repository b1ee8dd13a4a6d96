import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { sessionErrorStatus } from '@bext/session-core/manager'
import type { Context, Middleware } from 'koa'
import Koa from 'koa'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

async function answer(ctx: Context): Promise<void> {
  const session = await sessions.openNode(ctx.req, ctx.res)
  switch (`${ctx.method} ${ctx.path}`) {
    case 'GET /':
      session.data.visits += 1
      await session.commit()
      ctx.body = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
      return
    case 'POST /sign-in':
      session.signIn(String(ctx.query['name']))
      await session.commit()
      ctx.cookies.set('theme', 'dark')
      ctx.body = 'Welcome'
      return
    case 'POST /note':
      session.data.note = String(ctx.query['text'])
      await session.commit()
      ctx.status = 303
      ctx.redirect('/')
      return
    case 'POST /sign-out':
      session.signOut()
      await session.commit()
      ctx.body = 'Goodbye'
      return
    case 'GET /stream':
      session.data.visits += 1
      await session.commit()
      ctx.body = Readable.from(ticks(`Visit ${session.data.visits}`))
      return
    case 'GET /fail':
      session.data.visits += 100
      throw new Error('This page is broken.')
    case 'POST /fail-late':
      session.rotate()
      await session.commit()
      throw new Error('This page is broken.')
    default:
      ctx.status = 404
  }
}

/** Handles errors, because Koa's error handler removes all headers, including a cookie that a commit has set. */
export const answerErrors: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    ctx.status = sessionErrorStatus(error) ?? 500
    ctx.body = 'Something went wrong.'
  }
}

/** Creates the app, after other middleware if given. */
export function createKoa(...others: readonly Middleware[]): Server {
  const app = new Koa()
  for (const middleware of [answerErrors, ...others]) app.use(middleware)
  app.use(answer)
  const listener = app.callback()
  return createServer((request, response) => void listener(request, response))
}
