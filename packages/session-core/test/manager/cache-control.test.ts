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
] as const)('with cacheControl %s, the header %s becomes %s', async (cacheControl, present, expected) => {
  const manager = managerOf(watched().plugin, { cacheControl })
  const response = await manager.handleFetch(new Request('https://example.com'), (session) => {
    session.data.visits = 1
    return new Response(null, { headers: present === undefined ? {} : { 'cache-control': present } })
  })
  expect(response.headers.get('cache-control')).toBe(expected)
})

it('does not change a response that sets no cookie', async () => {
  const headers = { 'cache-control': 'public, max-age=60' }
  const answer = (): Response => new Response(null, { headers })
  const response = await managerOf(watched().plugin).handleFetch(new Request('https://example.com'), answer)
  expect(response.headers.get('cache-control')).toBe('public, max-age=60')
})

it.each([
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Surrogate-Control',
  'Vercel-CDN-Cache-Control',
  'X-Accel-Expires',
])('removes %s, which caches prefer to Cache-Control, only from a response that sets a cookie', async (name) => {
  const manager = managerOf(watched().plugin)
  const asFetch = async (visits: number | undefined): Promise<string | null> => {
    const response = await manager.handleFetch(new Request('https://example.com'), (session) => {
      if (visits !== undefined) session.data.visits = visits
      return new Response(null, { headers: { [name]: 'max-age=60' } })
    })
    return response.headers.get(name)
  }
  const asNode = async (visits: number | undefined): Promise<string | null> => {
    const headers = new Headers({ [name]: 'max-age=60' })
    const session = await manager.openNode(
      { headers: {} },
      {
        headersSent: false,
        getHeader: (one) => headers.get(one) ?? undefined,
        setHeader: (one, value) => headers.set(one, String(value)),
        removeHeader: (one) => headers.delete(one),
      },
    )
    if (visits !== undefined) session.data.visits = visits
    await session.commit()
    return headers.get(name)
  }
  expect([await asFetch(1), await asNode(1)]).toEqual([null, null])
  expect([await asFetch(undefined), await asNode(undefined)]).toEqual(['max-age=60', 'max-age=60'])
})
