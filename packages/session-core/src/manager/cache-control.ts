/** What keeps a response with a session cookie out of caches: of all, or of those that visitors share. */
export type CacheControl = 'no-store' | 'private'

const forSharedCaches = /^(?:public|s-maxage)\b/i

/**
 * Headers that CDNs and nginx obey before `Cache-Control` (RFC 9213). They are taken out of a response that sets a
 * session cookie, because a cached copy would give one visitor's session to the next.
 */
export const headersOfSharedCaches: readonly string[] = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Surrogate-Control',
  'Vercel-CDN-Cache-Control',
  'X-Accel-Expires',
]

/** The `Cache-Control` of a response that sets a session cookie: at least as strict as what it says already. */
export function strictCacheControl(present: string, wanted: CacheControl): string {
  const directives = present.split(',').map((directive) => directive.trim())
  const has = (name: CacheControl): boolean => directives.some((one) => one.toLowerCase() === name)
  if (has('no-store')) return present
  if (wanted === 'no-store') return wanted
  const kept = directives.filter((one) => one !== '' && !forSharedCaches.test(one))
  return has(wanted) ? kept.join(', ') : [wanted, ...kept].join(', ')
}
