import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { sessions, statusOf } from './sessions.js'
import { ticks } from './ticks.js'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const session = await sessions.openNode(request, response)
  switch (`${request.method} ${pathname}`) {
    case 'GET /': {
      session.data.visits += 1
      const text = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
      await session.commit()
      response.end(text)
      return
    }
    case 'POST /sign-in':
      session.signIn(searchParams.get('name') ?? '')
      response.setHeader('Set-Cookie', 'theme=dark')
      await session.commit()
      response.end('Welcome')
      return
    case 'POST /sign-out':
      session.signOut()
      await session.commit()
      response.end('Goodbye')
      return
    case 'GET /stream': {
      session.data.visits += 1
      const first = `Visit ${session.data.visits}`
      await session.commit()
      await pipeline(ticks(first), response)
      return
    }
    case 'GET /fail':
      session.data.visits += 100
      throw new Error('This page is broken.')
    default:
      response.writeHead(404).end()
  }
}

export function createNodeHttp(): Server {
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(statusOf(error)).end('Something went wrong.')
    })
  })
}
