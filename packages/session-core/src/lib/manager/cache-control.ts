/** What keeps a response with a session cookie out of caches: of all, or of those that visitors share. */
export type CacheControl = 'no-store' | 'private'

const forSharedCaches = /^(?:public|s-maxage)\b/i

/** The `Cache-Control` of a response that sets a session cookie: at least as strict as what it says already. */
export function strictCacheControl(present: string, wanted: CacheControl): string {
  const directives = present.split(',').map((directive) => directive.trim())
  const has = (name: CacheControl): boolean => directives.some((one) => one.toLowerCase() === name)
  if (has('no-store') || has(wanted)) return present
  if (wanted === 'no-store') return wanted
  return [wanted, ...directives.filter((one) => one !== '' && !forSharedCaches.test(one))].join(', ')
}
