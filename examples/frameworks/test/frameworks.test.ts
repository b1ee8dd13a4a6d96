import type { SessionId } from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { frameworks } from '../src/frameworks.js'
import { store } from '../src/sessions.js'
import { serve, visit } from '@bext-internal/test-services/visitor'

const guest = '__Host-session-guest'
const main = '__Host-session'

/** Ends the session first, as a parallel sign-out does, then continues the call. */
async function endFirst(id: SessionId, dataJson: string): Promise<SessionId> {
  await store.delete(id)
  return store.update(id, dataJson)
}

async function unavailable(): Promise<never> {
  throw new SessionError('unavailable', 'The backend cannot be reached.')
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(Object.keys(frameworks))('sessions in %s', (name) => {
  it('work from the first visit to the sign-out', async () => {
    const ann = visit(await serve(frameworks[name]!()))
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

  it('are separate for two visitors', async () => {
    const url = await serve(frameworks[name]!())
    const [ann, bob] = [visit(url), visit(url)]
    await ann.send('POST /sign-in?name=ann')
    await bob.send('POST /sign-in?name=bob')
    await ann.send('GET /')
    expect(await bob.textOf('GET /')).toBe('Visit 1 of bob')
    await bob.send('POST /sign-out')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of ann')
  })

  it('are stored before a streamed response begins', async () => {
    const ann = visit(await serve(frameworks[name]!()))
    const { body, headers } = await ann.send('GET /stream')
    expect(headers.getSetCookie()).toHaveLength(1)
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    const { value: first = '' } = await reader.read()
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
    let text = first
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value
    expect(text).toBe('Visit 1\ntick\ntock\n')
  })

  it('are not changed by a handler that throws', async () => {
    const ann = visit(await serve(frameworks[name]!()))
    const failed = await ann.send('GET /fail')
    expect([failed.status, await failed.text()]).toEqual([500, 'Something went wrong.'])
    expect(await ann.cookies()).toEqual(new Map())
    await ann.send('GET /')
    await ann.send('GET /fail')
    expect(await ann.textOf('GET /')).toBe('Visit 2 of a guest')
  })

  it('keep the cookie of a commit if an error page follows', async () => {
    const ann = visit(await serve(frameworks[name]!()))
    await ann.send('POST /sign-in?name=ann')
    const before = (await ann.cookies()).get(main)
    const failed = await ann.send('POST /fail-late')
    expect([failed.status, await failed.text()]).toEqual([500, 'Something went wrong.'])
    expect((await ann.cookies()).get(main)).not.toBe(before)
    expect(await ann.textOf('GET /')).toBe('Visit 1 of ann')
  })

  it('store a change that is answered by a redirect', async () => {
    const ann = visit(await serve(frameworks[name]!()))
    const redirected = await ann.send('POST /note?text=tea')
    expect([redirected.status, new URL(redirected.headers.get('location')!, 'http://localhost').pathname]).toEqual([
      303,
      '/',
    ])
    expect(await ann.textOf('GET /')).toBe('Visit 1 of a guest')
  })

  it.each<[number, string, ((id: SessionId, dataJson: string) => Promise<SessionId>) | undefined]>([
    [401, 'was ended by another request', endFirst],
    [413, 'is too large', undefined],
    [503, 'cannot be stored, because the store is down', unavailable],
  ])('answer %i if the session %s', async (status, _, meanwhile) => {
    const ann = visit(await serve(frameworks[name]!()))
    await ann.send('POST /sign-in?name=ann')
    if (meanwhile) vi.spyOn(store, 'update').mockImplementationOnce(meanwhile)
    const failed = await ann.send(`POST /note?text=${'x'.repeat(meanwhile ? 1 : 5000)}`)
    expect([failed.status, await failed.text()]).toEqual([status, 'Something went wrong.'])
    expect(await ann.textOf('GET /')).toBe(status === 401 ? 'Visit 1 of a guest' : 'Visit 1 of ann')
  })
})
