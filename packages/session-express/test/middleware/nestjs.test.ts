import 'reflect-metadata'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  Controller,
  Get,
  HttpException,
  Module,
  Post,
  Redirect,
  Req,
  Sse,
  StreamableFile,
  type ArgumentsHost,
  type Type,
} from '@nestjs/common'
import { BaseExceptionFilter, NestFactory } from '@nestjs/core'
import type { Request } from 'express'
import { from, type Observable } from 'rxjs'
import { expect, it, onTestFinished } from 'vitest'
import { visit, type Visitor } from '@bext-internal/test-services/visitor'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { expressSessions } from '@bext/session-express/middleware'
import { managerOf } from './helpers.js'

// Decorators are called as functions, because they need no compiler then.

const thisFile = fileURLToPath(import.meta.url)

class SessionErrorFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const status = sessionErrorStatus(error)
    // oxlint-disable-next-line promise/no-promise-in-callback, promise/valid-params -- not the method of a promise
    super.catch(status === undefined ? error : new HttpException('Sorry.', status), host)
  }
}

class AppController {
  count({ session }: Request): object {
    session.data.visits += 1
    return { visits: session.data.visits, user: session.userId }
  }

  events({ session }: Request): Observable<object> {
    session.data.visits += 1
    return from([{ data: 'one' }, { data: 'two' }])
  }

  file({ session }: Request): StreamableFile {
    session.data.visits += 1
    return new StreamableFile(createReadStream(thisFile))
  }

  forbidden({ session }: Request): never {
    session.data.visits += 1
    throw new HttpException('no', 403)
  }

  broken({ session }: Request): never {
    session.data.visits += 1
    throw new Error('broken')
  }

  large({ session }: Request): StreamableFile {
    session.data.note = 'x'.repeat(10_000)
    return new StreamableFile(createReadStream(thisFile))
  }

  signIn({ session }: Request): void {
    session.signIn('ann')
  }
}

function route(name: keyof AppController, ...decorators: readonly MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(AppController.prototype, name)!
  for (const decorate of decorators) decorate(AppController.prototype, name, descriptor)
  Req()(AppController.prototype, name, 0)
}

function defineApp(): Type {
  const AppModule: Type = class {
    readonly name = 'app'
  }
  for (const name of ['count', 'file', 'forbidden', 'broken', 'large'] as const) route(name, Get(name))
  route('events', Sse('events'))
  route('signIn', Post('sign-in'), Redirect('/count', 303))
  Controller()(AppController)
  Module({ controllers: [AppController] })(AppModule)
  return AppModule
}

async function start(): Promise<Visitor> {
  const app = await NestFactory.create(defineApp(), { logger: false })
  app.use(expressSessions(managerOf()))
  app.useGlobalFilters(new SessionErrorFilter(app.getHttpAdapter()))
  await app.listen(0, 'localhost')
  onTestFinished(() => app.close())
  return visit(`http://localhost:${new URL(await app.getUrl()).port}`)
}

it('NestJS stores the session however a controller answers', async () => {
  const ann = await start()
  expect(await ann.textOf('GET /count')).toBe('{"visits":1}')
  expect(await ann.textOf('GET /events')).toContain('data: two')
  expect(await ann.textOf('GET /file')).toBe(await readFile(thisFile, 'utf8'))
  const signedIn = await ann.send('POST /sign-in')
  expect([signedIn.status, signedIn.headers.get('cache-control')]).toEqual([303, 'no-store'])
  expect(await ann.textOf('GET /count')).toBe('{"visits":4,"user":"ann"}')
})

it('NestJS sends the page of its exception filter in place of a response that cannot be stored', async () => {
  const ann = await start()
  const failed = await ann.send('GET /large')
  expect([failed.status, await failed.text()]).toEqual([413, '{"statusCode":413,"message":"Sorry."}'])
  expect((await ann.send('GET /broken')).status).toBe(500)
  expect((await ann.send('GET /forbidden')).status).toBe(403)
  expect(await ann.textOf('GET /count')).toBe('{"visits":2}')
})
