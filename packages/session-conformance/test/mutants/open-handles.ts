import { createServer } from 'node:net'
import type { ServerMutation } from './server-base.js'
import { serverHarness } from './server-base.js'

/** Opens a listener and closes it some time after close(). */
const closesListenerLate: ServerMutation = (right) => {
  const listener = createServer().listen(0)
  return {
    async close() {
      setTimeout(() => listener.close(), 1500)
      await right.close()
    },
  }
}

/** Sweeps by a timer that close() does not clear. */
const keepsSweeping: ServerMutation = (right) => {
  setInterval(() => void right.sweep().catch(() => undefined), 60_000)
  return {}
}

// Loaded in a child process. The query says what stays open after close().
const mutation = import.meta.url.endsWith('?timer') ? keepsSweeping : closesListenerLate

export default serverHarness('a store that leaves a handle open', mutation)
