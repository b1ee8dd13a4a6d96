import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const session = await sessions.openNode(request, response)
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      session.data.visits += 1
      await session.commit()
      response.end(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
      return
    case 'POST /sign-in':
      session.signIn(searchParams.get('name') ?? '')
      response.setHeader('Set-Cookie', 'theme=dark')
      await session.commit()
      response.end('Welcome')
      return
    case 'POST /note':
      session.data.note = searchParams.get('text') ?? ''
      await session.commit()
      response.writeHead(303, { Location: '/' }).end()
      return
    case 'POST /sign-out':
      session.signOut()
      await session.commit()
      response.end('Goodbye')
      return
    case 'GET /stream':
      session.data.visits += 1
      await session.commit()
      await pipeline(ticks(`Visit ${session.data.visits}`), response)
      return
    case 'GET /fail':
      session.data.visits += 100
      throw new Error('This page is broken.')
    case 'POST /fail-late':
      session.rotate()
      await session.commit()
      throw new Error('This page is broken.')
    default:
      response.writeHead(404).end()
  }
}

export function createNodeHttp(): Server {
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(sessionErrorStatus(error) ?? 500).end('Something went wrong.')
    })
  })
}
