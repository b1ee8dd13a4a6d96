import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { HostServer } from './host-server.js'

// Built beside the main file by bin/bench.js.
const serverFile = fileURLToPath(new URL('./host-server.js', import.meta.url))

/** An app in a separate process. */
export interface ServerProcess {
  readonly origin: string
  /** Resolves to the CPU time that the process has used so far, in microseconds. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

/** Starts the app. Rejects if the process ends before it listens. The process prints the reason. */
export async function startServerProcess(hostServer: HostServer, url: string, prefix: string): Promise<ServerProcess> {
  const child = fork(serverFile, [hostServer.name, url, prefix], { env: { ...process.env, NODE_ENV: 'production' } })
  const ended = once(child, 'exit')

  async function nextNumber(): Promise<number> {
    const endedFirst = ended.then(() => {
      throw new Error(`The server of ${hostServer.name} has ended.`)
    })
    const [answer] = (await Promise.race([once(child, 'message'), endedFirst])) as [number]
    return answer
  }

  const port = await nextNumber()
  return {
    origin: `http://127.0.0.1:${port}`,
    cpuMicros() {
      child.send('cpu')
      return nextNumber()
    },
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
