import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askRedis, queryRedis } from './redis-connection.js'
import { baseSettings, redis } from './redis.js'
import { startServer, untilAnswer, type ServerSpec } from './start-server.js'
import { supervise, type Supervisor } from './supervisor.js'
import { thisMachine, type Binaries } from './environment.js'

/** A `redis-server` process that can be stalled, killed and started again on the same port, with the same folder. */
export interface RedisProcess {
  readonly port: number
  readonly url: string
  /** Sends one command, and resolves to the reply as it came. Rejects if that is an error, or takes three seconds. */
  readonly ask: (...command: readonly string[]) => Promise<string>
  /** Sends commands at once, and resolves to their replies one after the other. Rejects as `ask` does. */
  readonly askAll: (commands: readonly (readonly string[])[]) => Promise<string>
  /** Stops the process (SIGSTOP): connections stay, and nothing is answered until `resume`. */
  pause(): void
  resume(): void
  /** Ends the process at once (SIGKILL). Resolves once it is gone. */
  kill(): Promise<void>
  /** Starts it after `kill`. Resolves once it answers. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

interface ProcessOptions {
  /** Arguments of `redis-server`, on top of the usual ones. */
  readonly settings?: readonly string[]
  /** Whether it runs as a Sentinel. */
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
  // A Sentinel keeps what it knows in its configuration file.
  const file = join(supervisor.folder, 'sentinel.conf')
  writeFileSync(file, '')
  return [file, '--sentinel', ...place, ...settings]
}

/** Starts Redis, or a Sentinel, of one's own. Rejects if there are no binaries. */
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
        // While it loads what it kept it answers some commands only.
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
