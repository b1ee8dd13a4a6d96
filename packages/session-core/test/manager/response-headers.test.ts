import type { ResponseHeaders } from '@bext/session-core/manager'
import { clearBodyHeaders } from '@bext/session-core/manager'
import { describe, expect, it } from 'vitest'
import { managerOf, watched } from './helpers.js'

type Present = Readonly<Record<string, string | readonly string[]>>

function headersOf(present: Present): { all: Map<string, unknown>; target: ResponseHeaders } {
  const all = new Map(Object.entries(present))
  return {
    all,
    target: {
      getHeader: (name) => all.get(name),
      setHeader: (name, value) => all.set(name, value),
      removeHeader: (name) => all.delete(name),
    },
  }
}

describe('addHeaders', () => {
  const manager = managerOf(watched().plugin)

  it('adds the cookies of a commit that are missing, once, and the stricter Cache-Control', () => {
    const { all, target } = headersOf({ 'Set-Cookie': 'theme=dark', 'Cache-Control': 'public', 'X-Accel-Expires': '9' })
    manager.addHeaders(target, ['a=1', 'b=2'])
    manager.addHeaders(target, ['a=1', 'b=2'])
    expect(Object.fromEntries(all)).toEqual({ 'Set-Cookie': ['theme=dark', 'a=1', 'b=2'], 'Cache-Control': 'no-store' })
  })

  it('restores what code has replaced since the commit', () => {
    const { all, target } = headersOf({})
    manager.addHeaders(target, ['a=1'])
    target.setHeader('Set-Cookie', 'theme=dark')
    target.setHeader('Cache-Control', 'public')
    manager.addHeaders(target, ['a=1'])
    expect(Object.fromEntries(all)).toEqual({ 'Set-Cookie': ['theme=dark', 'a=1'], 'Cache-Control': 'no-store' })
  })

  it('changes nothing without a cookie', () => {
    const { all, target } = headersOf({ 'Cache-Control': 'public' })
    manager.addHeaders(target, [])
    expect(Object.fromEntries(all)).toEqual({ 'Cache-Control': 'public' })
  })

  it('honours the option cacheControl', () => {
    const { all, target } = headersOf({ 'Cache-Control': 'public, max-age=5' })
    managerOf(watched().plugin, { cacheControl: 'private' }).addHeaders(target, ['a=1'])
    expect(all.get('Cache-Control')).toBe('private, max-age=5')
  })
})

it('clearBodyHeaders keeps only what does not describe the body, and keeps the page out of caches', () => {
  const { all, target } = headersOf({
    'Content-Type': 'image/png',
    'Content-Encoding': 'gzip',
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': "default-src 'none'",
    ETag: '"1"',
    Location: '/',
    'Set-Cookie': 'theme=dark',
    'Cache-Control': 'public, max-age=600',
    'CDN-Cache-Control': 'max-age=600',
  })
  clearBodyHeaders(target)
  expect(Object.fromEntries(all)).toEqual({
    'Content-Security-Policy': "default-src 'none'",
    'Set-Cookie': 'theme=dark',
    'Cache-Control': 'no-store',
  })
})
