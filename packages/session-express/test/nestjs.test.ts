import 'reflect-metadata'
import { Controller, Get, Module, Post, Req, UseGuards, type INestApplication, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AuthGuard, PassportModule, PassportSerializer, PassportStrategy } from '@nestjs/passport'
import type { ExecutionContext } from '@nestjs/common'
import flash from 'connect-flash'
import type { Request } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { expect, it, onTestFinished } from 'vitest'
import { memorySessions } from '@bext/session-core/memory'
import { expressStore, mintSessionId } from '@bext/session-express'
import { openBrowser } from './helpers.js'
import './passport-app.js'

// Decorators are called as functions, because they need no compiler then.

class LocalStrategy extends PassportStrategy(Strategy) {
  validate(name: string, password: string): Express.User | null {
    return name === 'ann' && password === 'right' ? { id: '1', name } : null
  }
}

class UserSerializer extends PassportSerializer {
  serializeUser(user: Express.User, done: (error: unknown, user: Express.User) => void): void {
    done(null, user)
  }

  deserializeUser(user: Express.User, done: (error: unknown, user: Express.User) => void): void {
    done(null, user)
  }
}

class SignInGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isAllowed = (await super.canActivate(context)) as boolean
    await super.logIn(context.switchToHttp().getRequest<Request>())
    return isAllowed
  }
}

class AppController {
  login(request: Request): string {
    request.flash('info', 'Welcome.')
    return request.user?.name ?? 'nobody'
  }

  me(request: Request): object {
    return { name: request.user?.name ?? 'nobody', messages: request.flash('info') }
  }

  logout(request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      request.logout((error) => {
        if (error) reject(error as Error)
        else resolve('signed out')
      })
    })
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
  route('login', Post('login'), UseGuards(SignInGuard))
  route('me', Get('me'))
  route('logout', Post('logout'))
  Controller()(AppController)
  Module({
    imports: [PassportModule.register({ session: true })],
    controllers: [AppController],
    providers: [LocalStrategy, UserSerializer],
  })(AppModule)
  return AppModule
}

async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1')
  onTestFinished(() => app.close())
  return app.getUrl()
}

it('NestJS with passport signs in and out, with a flash message', async () => {
  const plugin = memorySessions()
  const app = await NestFactory.create(defineApp(), { logger: ['error'] })
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false }
  app.use(session({ ...options, store: expressStore(plugin), genid: mintSessionId }))
  app.use(passport.session())
  app.use(flash())
  const browser = openBrowser(await listen(app))
  expect((await browser.post('/login', { username: 'ann', password: 'wrong' })).status).toBe(401)
  expect((await browser.post('/login', { username: 'ann', password: 'right' })).text).toBe('ann')
  expect(JSON.parse((await browser.get('/me')).text)).toEqual({ name: 'ann', messages: ['Welcome.'] })
  expect(JSON.parse((await browser.get('/me')).text)).toEqual({ name: 'ann', messages: [] })
  expect(await plugin.listUserSessions('1')).toHaveLength(1)
  expect((await browser.post('/logout')).text).toBe('signed out')
  expect(JSON.parse((await browser.get('/me')).text)).toMatchObject({ name: 'nobody' })
  expect(await plugin.listUserSessions('1')).toEqual([])
})
