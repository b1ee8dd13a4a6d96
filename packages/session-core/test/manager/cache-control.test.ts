import { expect, it } from 'vitest'
import { managerOf, watched } from './helpers.js'

it.each([
  ['no-store', undefined, 'no-store'],
  ['no-store', 'public, max-age=60', 'no-store'],
  ['no-store', 'private, no-cache', 'no-store'],
  ['no-store', 'No-Store, no-transform', 'No-Store, no-transform'],
  ['private', undefined, 'private'],
  ['private', 'public, s-maxage=9, max-age=60', 'private, max-age=60'],
  ['private', 'no-cache', 'private, no-cache'],
  ['private', 'no-store', 'no-store'],
  ['private', 'max-age=60, private', 'max-age=60, private'],
] as const)('with %s, %s becomes %s', async (cacheControl, present, expected) => {
  const manager = managerOf(watched().plugin, { cacheControl })
  const response = await manager.handle(new Request('https://example.com'), (session) => {
    session.data.visits = 1
    return new Response(null, { headers: present === undefined ? {} : { 'cache-control': present } })
  })
  expect(response.headers.get('cache-control')).toBe(expected)
})

it('leaves a response alone that sets no cookie', async () => {
  const headers = { 'cache-control': 'public, max-age=60' }
  const answer = (): Response => new Response(null, { headers })
  const response = await managerOf(watched().plugin).handle(new Request('https://example.com'), answer)
  expect(response.headers.get('cache-control')).toBe('public, max-age=60')
})
