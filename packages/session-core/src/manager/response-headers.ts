import type { CacheControl } from './cache-control.js'
import { sharedCacheHeaders, strictCacheControl } from './cache-control.js'

/** Headers of a `node:http` response, or of an object with the same three methods. */
export interface ResponseHeaders {
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): unknown
}

/** Headers that describe the body of a response, or say where to go instead of it. */
const bodyHeaders: readonly string[] = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Length',
  'Content-Location',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Expires',
  'Last-Modified',
  'Location',
  'Refresh',
  'Trailer',
  'Transfer-Encoding',
]

function presentValues(response: ResponseHeaders, name: string): readonly string[] {
  const present = response.getHeader(name) ?? []
  return typeof present === 'object' ? present : [String(present)]
}

/** Adds the headers, and the cookies that the response lacks, and then keeps it out of caches. */
export function addSessionHeaders(
  response: ResponseHeaders,
  setCookies: readonly string[],
  cacheControl: CacheControl,
  headers: readonly (readonly [name: string, value: string])[] = [],
): void {
  for (const [name, value] of headers) response.setHeader(name, value)
  if (setCookies.length === 0) return
  const present = presentValues(response, 'Set-Cookie')
  const missing = setCookies.filter((one) => !present.includes(one))
  if (missing.length > 0) response.setHeader('Set-Cookie', [...present, ...missing])
  for (const name of sharedCacheHeaders) response.removeHeader(name)
  const presentControl = presentValues(response, 'Cache-Control').join(', ')
  response.setHeader('Cache-Control', strictCacheControl(presentControl, cacheControl))
}

/**
 * Prepares a response for an error page: removes the headers that describe the body that it replaces, and keeps the page
 * out of caches. For adapters of frameworks, after a commit that failed.
 */
export function clearBodyHeaders(response: ResponseHeaders): void {
  for (const name of [...bodyHeaders, ...sharedCacheHeaders]) response.removeHeader(name)
  response.setHeader('Cache-Control', 'no-store')
}
