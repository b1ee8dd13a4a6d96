import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type StartedServer } from './service.js'
import { supervise, type Command, type Supervisor } from './supervisor.js'
import type { Surroundings } from './environment.js'

const startWithinMs = 60_000
const askAgainAfterMs = 10
const maxPorts = 5

/** Runs `start` with a supervisor, which is stopped if that fails. `start` resolves to the server's URL. */
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
  /** Whether the server at that port is this one and answers. Rejecting counts as no. */
  answers(port: number): Promise<boolean>
}

/** Starts the server on a free port. Resolves to the port once the server answers. */
export async function startServer(
  supervisor: Supervisor,
  spec: ServerSpec,
  surroundings: Surroundings,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await surroundings.findFreePort()
    const failure = await startAt(port, supervisor, spec)
    if (failure === undefined) return port
    const explanation = await supervisor.explain(failure)
    // Someone else may have taken the port since it was found free.
    if (attempt < maxPorts && /address already in use/i.test(explanation)) continue
    throw new Error(`the server ${explanation}`)
  }
}

/** Resolves to how the start failed, or to `undefined` once the server answers. */
function startAt(port: number, supervisor: Supervisor, spec: ServerSpec): Promise<string | undefined> {
  return untilAnswer(supervisor.launch(spec.commandFor(port)).catch(messageOf), port, spec)
}

/** Resolves to how the server ended, or failed to answer in time, or to `undefined` once it answers. */
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
