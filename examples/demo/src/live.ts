import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SessionSnapshot } from '@bext/session-core/manager'
import { WebSocketServer, type WebSocket } from 'ws'
import { sessionEndedCode } from './live-script.js'
import { isOwnOrigin } from './requests.js'
import type { SessionData } from './session-data.js'
import type { Sessions } from './sessions.js'

/** The sockets of signed-in pages. */
export interface Live {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Closes all sockets. */
  readonly close: () => void
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}

function connect(socket: WebSocket, session: SessionSnapshot<SessionData>): void {
  const watch = session.watch()
  watch.signal.addEventListener('abort', () => socket.close(sessionEndedCode, 'The session has ended.'))
  socket.once('close', () => watch.stop())
  socket.on('error', () => socket.terminate())
  socket.send('connected')
}

/** Creates sockets that close when their session ends, also in another process. */
export function createLive(sessions: Sessions): Live {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (request.url !== '/live') return refuse(socket, '404 Not Found')
    // No CORS applies to sockets, so a page of another site can open one with the visitor's cookies.
    if (!isOwnOrigin(request)) return refuse(socket, '403 Forbidden')
    const session = await sessions.read(request.headers.cookie)
    if (session?.userId === undefined) return refuse(socket, '401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (opened) => connect(opened, session))
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      admit(request, socket, head).catch((error: unknown) => {
        console.error(error)
        refuse(socket, '503 Service Unavailable')
      })
    },
    close() {
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}
