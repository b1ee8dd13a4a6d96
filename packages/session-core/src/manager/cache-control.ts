/** `Cache-Control` directive that keeps a response out of all caches, or out of shared caches. */
export type CacheControl = 'no-store' | 'private'

const sharedCacheDirective = /^(?:public|s-maxage)\b/i

/**
 * Headers that CDNs and nginx honour before `Cache-Control` (RFC 9213). They are removed from a response that sets a
 * session cookie, because a cached copy would give one visitor's session to another.
 */
export const sharedCacheHeaders: readonly string[] = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Surrogate-Control',
  'Vercel-CDN-Cache-Control',
  'X-Accel-Expires',
]

/** Returns the `Cache-Control` of a response that sets a session cookie: the stricter of `present` and `wanted`. */
export function strictCacheControl(present: string, wanted: CacheControl): string {
  const directives = present.split(',').map((directive) => directive.trim())
  const has = (name: CacheControl): boolean => directives.some((one) => one.toLowerCase() === name)
  if (has('no-store')) return present
  if (wanted === 'no-store') return wanted
  const kept = directives.filter((one) => one !== '' && !sharedCacheDirective.test(one))
  return has(wanted) ? kept.join(', ') : [wanted, ...kept].join(', ')
}
