import type { Server as HttpServer } from 'node:http'
import type { SessionSnapshot } from '@bext/session-core/manager'
import { Server, type DefaultEventsMap, type Socket } from 'socket.io'
import { isSameOrigin } from './pages.js'
import type { Data, Sessions } from './sessions.js'

interface SocketData {
  readonly session: SessionSnapshot<Data>
}

type Visitor = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>

/** Adds Socket.IO for signed-in users to a server. */
export function addSocketIo(server: HttpServer, sessions: Sessions): void {
  const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>(server, {
    allowRequest: (request, decide) => decide(null, isSameOrigin(request)),
  })

  /** Resolves to the reason for which the visitor is refused, if there is one. */
  async function refusalOf(socket: Visitor): Promise<Error | undefined> {
    try {
      const session = await sessions.read(socket.request.headers.cookie)
      if (session?.userId === undefined) return new Error('unauthorized')
      socket.data = { session }
      return undefined
    } catch {
      return new Error('unavailable')
    }
  }

  async function admit(socket: Visitor, next: (refusal?: Error) => void): Promise<void> {
    next(await refusalOf(socket))
  }

  io.use((socket, next) => void admit(socket, next))

  io.on('connection', (socket) => {
    const { session } = socket.data
    const watch = session.watch()
    watch.signal.addEventListener('abort', () => {
      socket.emit('session-ended')
      // With true, the whole connection is closed, so that the client does not go on in another namespace.
      socket.disconnect(true)
    })
    socket.once('disconnect', () => watch.stop())
    socket.emit('hello', session.userId)
  })
}
