import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { serve, visit } from '@bext-internal/test-services/visitor'
import { expressSessions } from '@bext/session-express/middleware'
import compression from 'compression'
import express, { type NextFunction, type Request, type Response } from 'express'
import { describe, expect, it, vi } from 'vitest'
import { gatedStore, managerOf } from './helpers.js'

type Handler = (response: ServerResponse) => void

/** A response to which compression has added `flush`. */
type Flushable = ServerResponse & { flush(): void }

/** Serves a handler whose commit waits for the gate. */
function gated(handler: Handler, withCompression = false): ReturnType<typeof gatedStore> & { app: RequestListener } {
  const gate = gatedStore()
  const app = express()
  app.use(expressSessions(managerOf(gate.store)))
  if (withCompression) app.use(compression({ threshold: 0 }))
  app.get('/', ({ session }, response) => {
    session.data.visits += 1
    handler(response)
  })
  app.get('/large', ({ session }, response) => {
    session.data.note = 'x'.repeat(10_000)
    handler(response)
  })
  app.get('/look', ({ session }, response) => {
    response.send(String(session.data.visits))
  })
  return { app, ...gate }
}

/** A source of 20 MB that counts the chunks that were read. */
function bigSource(): { source: Readable; count: () => number } {
  let reads = 0
  const chunk = Buffer.alloc(65_536, 'x')
  const source = new Readable({
    read() {
      reads += 1
      this.push(reads > 320 ? null : chunk)
    },
  })
  return { source, count: () => reads }
}

describe.each([false, true])('while the commit runs (compression: %s)', (withCompression) => {
  it('a piped source waits, and then all of it is sent', async () => {
    const { source, count } = bigSource()
    const { app, reached, open } = gated((response) => {
      response.setHeader('Content-Type', 'text/plain')
      source.pipe(response)
    }, withCompression)
    const ann = visit(await serve(createServer(app)))
    const response = ann.send('GET /')
    await reached
    await vi.waitFor(() => expect(source.isPaused()).toBe(true))
    expect(count()).toBeLessThan(10)
    open()
    expect((await (await response).arrayBuffer()).byteLength).toBe(320 * 65_536)
  })

  it('a writer that waits for "drain" continues', async () => {
    const { app, reached, open } = gated((response) => {
      response.setHeader('Content-Type', 'text/plain')
      expect(response.write('one ')).toBe(false)
      response.once('drain', () => response.end('two'))
    }, withCompression)
    const ann = visit(await serve(createServer(app)))
    const response = ann.send('GET /')
    await reached
    open()
    expect(await (await response).text()).toBe('one two')
  })

  it.each<[string, (response: ServerResponse, listener: () => void) => unknown]>([
    ['on', (response, listener) => response.on('drain', listener)],
    ['addListener', (response, listener) => response.addListener('drain', listener)],
    ['prependOnceListener', (response, listener) => response.prependOnceListener('drain', listener)],
  ])('a writer continues that flushed, and listens by %s', async (_, listen) => {
    const listener = vi.fn<() => void>()
    const { app, reached, open } = gated((response) => {
      response.setHeader('Content-Type', 'text/plain')
      response.write('one ')
      if (withCompression) (response as Flushable).flush()
      else response.flushHeaders()
      listen(response, listener)
      listener.mockImplementationOnce(() => response.end('two'))
    }, withCompression)
    const ann = visit(await serve(createServer(app)))
    const response = ann.send('GET /')
    await reached
    open()
    expect(await (await response).text()).toBe('one two')
  })
})

it('a listener for "drain" that was removed is not called', async () => {
  const removed = vi.fn<() => void>()
  const { app, open } = gated((response) => {
    response.write('one ')
    response.once('drain', removed).off('drain', removed)
    response.once('drain', () => response.end('two'))
  })
  open()
  expect(await visit(await serve(createServer(app))).textOf('GET /')).toBe('one two')
  expect(removed).not.toHaveBeenCalled()
})

it('a response that is held and has ended is writableEnded, and does not end twice', async () => {
  const seen: boolean[] = []
  const { app, open } = gated((response) => {
    seen.push(response.writableEnded)
    response.end('page')
    seen.push(response.writableEnded, response.writableFinished)
    response.end('a timeout')
  })
  open()
  expect(await visit(await serve(createServer(app))).textOf('GET /')).toBe('page')
  expect(seen).toEqual([false, true, false])
})

it('a response that is held behaves like one that is sent', async () => {
  const seen: unknown[] = []
  const finished = vi.fn<() => void>()
  const written = vi.fn<() => void>()
  const { app, reached, open } = gated((response) => {
    response.once('finish', finished)
    seen.push(response.headersSent)
    response.write('whole', written)
    seen.push(response.headersSent)
    for (const change of [
      () => response.setHeader('Content-Length', '1'),
      () => response.removeHeader('ETag'),
      () => response.writeHead(404),
    ]) {
      try {
        change()
      } catch (error) {
        seen.push((error as { code?: string }).code)
      }
    }
    response.end(' page')
    seen.push(finished.mock.calls.length)
  })
  const ann = visit(await serve(createServer(app)))
  const response = ann.send('GET /')
  await reached
  const sent = 'ERR_HTTP_HEADERS_SENT'
  expect(seen).toEqual([false, true, sent, sent, sent, 0])
  expect(written).not.toHaveBeenCalled()
  open()
  expect(await (await response).text()).toBe('whole page')
  await vi.waitFor(() => expect(finished).toHaveBeenCalledTimes(1))
  expect(written).toHaveBeenCalledTimes(1)
})

it('with compression, the first event of a stream that is flushed arrives at once', async () => {
  let finish: (() => void) | undefined
  const { app, open } = gated((response) => {
    response.setHeader('Content-Type', 'text/event-stream')
    response.write('data: first\n\n')
    ;(response as Flushable).flush()
    finish = () => response.end()
  }, true)
  open()
  const ann = visit(await serve(createServer(app)))
  const { body } = await ann.send('GET /', { 'Accept-Encoding': 'gzip' })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader.read()).value).toBe('data: first\n\n')
  finish?.()
  expect((await reader.read()).done).toBe(true)
})

it('a client that disconnects meanwhile changes nothing: the session is stored, and the server goes on', async () => {
  const closed = vi.fn<() => void>()
  const { app, reached, open, store } = gated((response) => {
    response.once('close', closed)
    response.write('one')
    response.end('two')
  })
  const create = vi.spyOn(store, 'create')
  const url = await serve(createServer(app))
  const request = get(url)
  request.on('error', () => undefined)
  await reached
  request.destroy()
  await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1))
  open()
  await vi.waitFor(() => expect(create.mock.settledResults[0]?.type).toBe('fulfilled'))
  expect(await visit(url).textOf('GET /look')).toBe('0')
})

it('a source of a page that is not sent is destroyed, and a late writer does not disturb the error page', async () => {
  const { source } = bigSource()
  let late: ServerResponse | undefined
  const { app, open } = gated((response) => {
    late = response
    source.pipe(response)
  })
  open()
  const ann = visit(await serve(createServer(app)))
  const failed = await ann.send('GET /large')
  expect(failed.status).toBe(413)
  expect(await failed.text()).not.toContain('xxx')
  expect(late?.write('late')).toBe(false)
  late?.end()
  await vi.waitFor(() => expect(source.destroyed).toBe(true))
  expect((await ann.send('GET /look')).status).toBe(200)
})

it('a second commit is refused, and the response still waits for the first and sends its cookie', async () => {
  const { store, reached, open } = gatedStore()
  const refused = vi.fn<(error: Error) => void>()
  const app = express()
  app.use(expressSessions(managerOf(store)))
  app.get('/', ({ session }, response) => {
    session.signIn('ann')
    void session.commit()
    session.commit().catch(refused)
    response.send('Welcome')
  })
  const ann = visit(await serve(createServer(app)))
  const answered = vi.fn<() => void>()
  const sent = ann.send('GET /').finally(answered)
  await reached
  await vi.waitFor(() => expect(refused).toHaveBeenCalledTimes(1))
  expect(answered).not.toHaveBeenCalled()
  open()
  expect((await sent).status).toBe(200)
  expect([...(await ann.cookies()).keys()]).toEqual(['__Host-session'])
})

it('an error page that is a stream contains nothing of the stream that it replaces', async () => {
  const app = express()
  app.use(expressSessions(managerOf()))
  app.get('/large', ({ session }, response) => {
    session.data.note = 'x'.repeat(10_000)
    bigSource().source.pipe(response)
  })
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    Readable.from(Array.from({ length: 100 }, () => 'y'.repeat(65_536))).pipe(response)
  })
  const text = await visit(await serve(createServer(app))).textOf('GET /large')
  expect([text.length, new Set(text)]).toEqual([100 * 65_536, new Set('y')])
})

it('a writer that continues after the error page is ignored', async () => {
  const app = express()
  app.use(expressSessions(managerOf()))
  app.get('/large', ({ session }, response) => {
    session.data.note = 'x'.repeat(10_000)
    response.write('never sent')
  })
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response.end('Sorry.')
    // `node:http` would emit an error here, which nothing handles.
    expect(response.write('late')).toBe(false)
    response.end('late')
  })
  const ann = visit(await serve(createServer(app)))
  expect([await ann.textOf('GET /large'), await ann.textOf('GET /large')]).toEqual(['Sorry.', 'Sorry.'])
})

it('an invalid head that is held is an error, and not an exception that nothing catches', async () => {
  const { app, open } = gated((response) => {
    response.writeHead(1000)
  })
  open()
  const ann = visit(await serve(createServer(app)))
  expect((await ann.send('GET /')).status).toBe(500)
})

it('a keep-alive connection is used again after an error page', async () => {
  const { app, open } = gated((response) => response.end('never sent'))
  open()
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const connections = vi.fn<() => void>()
  server.on('connection', connections)
  for (const path of ['/large', '/look', '/large']) {
    const [response] = (await once(get({ port, path, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
  }
  expect(connections).toHaveBeenCalledTimes(1)
  server.closeAllConnections()
  server.close()
})
