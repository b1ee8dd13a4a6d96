import { SessionError } from '@bext/session-core'
import { describe, expect, it } from 'vitest'
import { frameworks } from '../src/frameworks.js'
import { statusOf } from '../src/sessions.js'
import { serve, visit } from './visitor.js'

const guest = '__Host-session-guest'
const main = '__Host-session'

describe.each(Object.keys(frameworks))('sessions in %s', (name) => {
  it('follow a visitor from the first visit to the sign-out', async () => {
    const ann = visit(await serve(name))
    expect((await ann.send('GET /nowhere')).status).toBe(404)
    expect(await ann.cookies()).toEqual(new Map())

    const first = await ann.send('GET /')
    expect(await first.text()).toBe('Visit 1 of a guest')
    expect(first.headers.get('cache-control')).toBe('no-store')
    const [setCookie = '', ...others] = first.headers.getSetCookie()
    expect(others).toEqual([])
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(setCookie).toContain(attribute)

    const second = await ann.send('GET /')
    expect(await second.text()).toBe('Visit 2 of a guest')
    expect(second.headers.getSetCookie()).toEqual([])
    const asGuest = await ann.cookies()
    expect([...asGuest.keys()]).toEqual([guest])

    expect(await ann.textOf('POST /sign-in?name=ann')).toBe('Welcome')
    const signedIn = await ann.cookies()
    expect([...signedIn.keys()].toSorted()).toEqual([main, 'theme'])
    expect(signedIn.get(main)).not.toBe(asGuest.get(guest))
    expect(await ann.textOf('GET /')).toBe('Visit 3 of ann')

    expect(await ann.textOf('POST /sign-out')).toBe('Goodbye')
    expect([...(await ann.cookies()).keys()]).toEqual(['theme'])
    expect(await ann.textOf('GET /')).toBe('Visit 1 of a guest')
  })

  it('are kept apart', async () => {
    const url = await serve(name)
    const [ann, bob] = [visit(url), visit(url)]
    await ann.send('POST /sign-in?name=ann')
    await bob.send('POST /sign-in?name=bob')
    await ann.send('GET /')
    expect(await bob.textOf('GET /')).toBe('Visit 1 of bob')
    await bob.send('POST /sign-out')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of ann')
  })

  it('are stored before a streamed response begins', async () => {
    const ann = visit(await serve(name))
    const { body, headers } = await ann.send('GET /stream')
    expect(headers.getSetCookie()).toHaveLength(1)
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    const { value: first = '' } = await reader.read()
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
    let text = first
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value
    expect(text).toBe('Visit 1\ntick\ntock\n')
  })

  it('are left as they were by a handler that throws', async () => {
    const ann = visit(await serve(name))
    const failed = await ann.send('GET /fail')
    expect([failed.status, await failed.text()]).toEqual([500, 'Something went wrong.'])
    expect(await ann.cookies()).toEqual(new Map())
    await ann.send('GET /')
    await ann.send('GET /fail')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
  })
})

it('answers 503 while the store is down, and 500 for all else', () => {
  expect(statusOf(new SessionError('unavailable', 'The backend cannot be reached.'))).toBe(503)
  expect(statusOf(new SessionError('unknown', 'There is no such session.'))).toBe(500)
  expect(statusOf(new Error('A mistake.'))).toBe(500)
})
