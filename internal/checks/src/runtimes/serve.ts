import type { Send } from './response-check.js'

type Answer = (request: Request) => Promise<Response>

interface Servers {
  readonly Bun?: { serve(options: { port: number; fetch: Answer }): { readonly url: URL; stop(now: boolean): void } }
  readonly Deno?: {
    serve(
      options: { port: number; onListen: () => void },
      answer: Answer,
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
}

const runtime = globalThis as Servers

/** Calls `work` with a function that sends requests to a server of the runtime, or directly to `answer` if it has none. */
export async function withServer(answer: Answer, work: (send: Send) => Promise<void>): Promise<void> {
  if (runtime.Bun) {
    const server = runtime.Bun.serve({ port: 0, fetch: answer })
    await work((path, init) => fetch(new URL(path, server.url), init))
    server.stop(true)
  } else if (runtime.Deno) {
    const server = runtime.Deno.serve({ port: 0, onListen: () => undefined }, answer)
    await work((path, init) => fetch(`http://localhost:${server.addr.port}${path}`, init))
    await server.shutdown()
  } else {
    await work((path, init) => answer(new Request(`http://localhost${path}`, init)))
  }
}
