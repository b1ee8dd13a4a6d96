import type { Server as HttpServer } from 'node:http'
import type { SessionSnapshot } from '@bext/session-core/manager'
import { Server, type DefaultEventsMap } from 'socket.io'
import { isSameOrigin } from './pages.js'
import type { Data, Sessions } from './sessions.js'

interface SocketData {
  readonly session: SessionSnapshot<Data>
}

/** Adds Socket.IO for signed-in users to a server. */
export function addSocketIo(server: HttpServer, sessions: Sessions): void {
  const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>(server, {
    allowRequest: (request, decide) => decide(null, isSameOrigin(request)),
  })

  io.use((socket, next) => {
    sessions.read(socket.request.headers.cookie).then(
      (session) => {
        if (session?.userId === undefined) return next(new Error('unauthorized'))
        socket.data = { session }
        next()
      },
      () => next(new Error('unavailable')),
    )
  })

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
