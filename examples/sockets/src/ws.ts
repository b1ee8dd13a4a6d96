import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SessionSnapshot } from '@bext/session-core/manager'
import { WebSocketServer, type WebSocket } from 'ws'
import { isSameOrigin } from './pages.js'
import type { Data, Sessions } from './sessions.js'

// Codes from 4000 to 4999 are for applications.
const sessionEnded = 4401

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}

function serve(socket: WebSocket, session: SessionSnapshot<Data>): void {
  const watch = session.watch()
  watch.signal.addEventListener('abort', () => socket.close(sessionEnded, 'The session has ended.'))
  socket.once('close', () => watch.stop())
  socket.on('error', () => socket.terminate())
  socket.send(`Hello ${session.userId}`)
}

/** Adds WebSockets for signed-in users to a server. */
export function addWebSockets(server: Server, sessions: Sessions): void {
  const sockets = new WebSocketServer({ noServer: true })

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!isSameOrigin(request)) return refuse(socket, '403 Forbidden')
    const session = await sessions.read(request.headers.cookie)
    if (session?.userId === undefined) return refuse(socket, '401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, session))
  }

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    // The store failed, so nobody knows whether the session is live.
    upgrade(request, socket, head).catch(() => refuse(socket, '503 Service Unavailable'))
  })
}
