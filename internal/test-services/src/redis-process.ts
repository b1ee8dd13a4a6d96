import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askRedis, queryRedis } from './redis-connection.js'
import { baseSettings, redis } from './redis.js'
import { startServer, untilAnswer, type ServerSpec } from './start-server.js'
import { supervise, type Supervisor } from './supervisor.js'
import { thisMachine, type Binaries } from './environment.js'

/** A `redis-server` process that can be paused, killed and restarted on the same port with the same folder. */
export interface RedisProcess {
  readonly port: number
  readonly url: string
  /** Sends one command. Resolves to its raw reply. Rejects on an error reply, or after three seconds. */
  readonly ask: (...command: readonly string[]) => Promise<string>
  /** Sends commands at once. Resolves to their raw replies in order. Rejects as `ask` does. */
  readonly askAll: (commands: readonly (readonly string[])[]) => Promise<string>
  /** Pauses the process (SIGSTOP). Connections stay open, but nothing is answered until `resume`. */
  pause(): void
  resume(): void
  /** Ends the process at once (SIGKILL). Resolves once it has ended. */
  kill(): Promise<void>
  /** Starts it after `kill`. Resolves once it answers. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

interface ProcessOptions {
  /** Arguments of `redis-server`, in addition to the usual ones. */
  readonly settings?: readonly string[]
  /** True to run it as a Sentinel. */
  readonly sentinel?: boolean
}

function urlOf(port: number): URL {
  return new URL(`redis://127.0.0.1:${port}`)
}

async function findBinaries(): Promise<Binaries> {
  try {
    return redis.findBinaries(thisMachine)
  } catch {
    return redis.fetchBinaries(thisMachine)
  }
}

function argumentsOf(supervisor: Supervisor, { settings = [], sentinel = false }: ProcessOptions): readonly string[] {
  const place = ['--bind', '127.0.0.1', '--dir', supervisor.folder]
  if (!sentinel) return [...place, ...baseSettings, ...settings]
  // A Sentinel stores its state in its configuration file.
  const file = join(supervisor.folder, 'sentinel.conf')
  writeFileSync(file, '')
  return [file, '--sentinel', ...place, ...settings]
}

/** Starts a separate Redis or Sentinel. Rejects without binaries. */
export async function startRedisProcess(options: ProcessOptions = {}): Promise<RedisProcess> {
  const { folder, env } = await findBinaries()
  const supervisor = await supervise('redis')
  let ended: Promise<string> = Promise.resolve('was not started')
  try {
    const args = argumentsOf(supervisor, options)
    const launching: Supervisor = {
      ...supervisor,
      launch: (command) => (ended = supervisor.launch(command)),
    }
    const spec: ServerSpec = {
      commandFor: (port) => ({ command: join(folder, 'redis-server'), args: [...args, '--port', String(port)], env }),
      async answers(port) {
        const command = options.sentinel === true ? ['INFO', 'server'] : ['CONFIG', 'GET', 'dir']
        await askRedis(urlOf(port), command, supervisor.folder)
        // While it loads its data, it answers only some commands.
        await askRedis(urlOf(port), ['PING'], '+PONG')
        return true
      },
    }
    const port = await startServer(launching, spec, thisMachine)
    supervisor.release()
    return {
      port,
      url: urlOf(port).href,
      ask: (...command) => queryRedis(urlOf(port), [command]),
      askAll: (commands) => queryRedis(urlOf(port), commands),
      pause: () => supervisor.send('SIGSTOP'),
      resume: () => supervisor.send('SIGCONT'),
      async kill() {
        // The supervisor does not keep this process alive.
        const alive = setInterval(() => {}, 1000)
        supervisor.send('SIGKILL')
        await ended
        clearInterval(alive)
      },
      async restart() {
        ended = supervisor.launch(spec.commandFor(port))
        const failure = await untilAnswer(ended, port, spec)
        if (failure !== undefined) throw new Error(`the server ${await supervisor.explain(failure)}`)
      },
      stop: () => supervisor.stop(),
    }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}
