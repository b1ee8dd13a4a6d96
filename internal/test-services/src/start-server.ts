import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type StartedServer } from './service.js'
import { supervise, type Command, type Supervisor } from './supervisor.js'
import type { Environment } from './environment.js'

const startWithinMs = 60_000
const askAgainAfterMs = 10
const maxPorts = 5

/** Runs `start`, which resolves to the server's URL, with a supervisor. Stops the supervisor if `start` fails. */
export async function startSupervised(
  name: string,
  start: (supervisor: Supervisor) => Promise<string>,
): Promise<StartedServer> {
  const supervisor = await supervise(name)
  try {
    const url = await start(supervisor)
    supervisor.release()
    return { url, stop: () => supervisor.stop() }
  } catch (error) {
    await supervisor.stop()
    throw error
  }
}

export interface ServerSpec {
  commandFor(port: number): Command
  /** Resolves to whether the server on that port is this server and answers. Rejecting counts as no. */
  answers(port: number): Promise<boolean>
}

/** Starts the server on a free port. Resolves to the port once the server answers. */
export async function startServer(supervisor: Supervisor, spec: ServerSpec, environment: Environment): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await environment.findFreePort()
    const failure = await startAt(port, supervisor, spec)
    if (failure === undefined) return port
    const explanation = await supervisor.explain(failure)
    // Another process may have taken the port since it was found free.
    if (attempt < maxPorts && /address already in use/i.test(explanation)) continue
    throw new Error(`the server ${explanation}`)
  }
}

/** Resolves to `undefined` once the server answers, or to the reason why the start failed. */
function startAt(port: number, supervisor: Supervisor, spec: ServerSpec): Promise<string | undefined> {
  return untilAnswer(supervisor.launch(spec.commandFor(port)).catch(messageOf), port, spec)
}

/** Resolves to `undefined` once the server answers, or to the reason if it ends or does not answer in time. */
export async function untilAnswer(ended: Promise<string>, port: number, spec: ServerSpec): Promise<string | undefined> {
  const deadline = performance.now() + startWithinMs
  while (performance.now() < deadline) {
    const outcome = await Promise.race([ended, spec.answers(port).catch(() => false)])
    if (typeof outcome === 'string') return outcome
    if (outcome) return undefined
    await sleep(askAgainAfterMs)
  }
  return `did not answer within ${startWithinMs} ms`
}
