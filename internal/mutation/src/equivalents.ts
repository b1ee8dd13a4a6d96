import type { Equivalent } from './survivors.js'

const checkedTwice = 'jose refuses such a key, too. A verifier may check twice.'

/** Changes of session-device that no test can notice. */
export const equivalents: readonly Equivalent[] = [
  {
    file: 'bound-cookie.ts',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'A text in the list of proofs is for no session, and has no thumbprint.',
  },
  {
    file: 'bound-cookie.ts',
    original: "{ value: '', maxAge: 0 }",
    replacement: '{}',
    reason: 'The manager removes a bound cookie unless its maxAge is above 0.',
  },
  {
    file: 'check.ts',
    original: "{ ...unproven, device: 'unbound' }",
    replacement: '{}',
    reason: 'The manager takes a check that says nothing for one of an unbound session.',
  },
  {
    file: 'check.ts',
    original: 'first === undefined',
    replacement: 'false',
    reason: 'Without a bound cookie there is no proof to find. The condition saves a hash.',
  },
  {
    file: 'check.ts',
    original: 'second === undefined',
    replacement: 'false',
    reason: 'Then no proof is kept, and each request costs an HMAC.',
  },
  {
    file: 'check.ts',
    original: "typeof nowMs === 'number'",
    replacement: 'true',
    reason: 'A promise is before no time, so the binding is read, and proves the same.',
  },
  {
    file: 'endpoints/refresh.ts',
    original: 'binding.expiresAtMs < nowMs + ttlMs - touchToleranceMs',
    replacement: 'binding.expiresAtMs <= nowMs + ttlMs - touchToleranceMs',
    reason: 'At the very limit of the tolerance, either is right.',
  },
  {
    file: 'endpoints/register.ts',
    original: 'performance.now() < atMs',
    replacement: 'performance.now() <= atMs',
    reason: 'At the very deadline, either answer may be the one that is sent.',
  },
  {
    file: 'endpoints/register.ts',
    original: 'userId !== undefined',
    replacement: 'true',
    reason: 'Only the session of a user is offered a challenge, and no session loses its user.',
  },
  {
    file: 'endpoints/register.ts',
    original: 'false',
    replacement: 'true',
    reason: 'A bound cookie for the id that a rotation has replaced proves nothing for the new one.',
  },
  {
    file: 'headers.ts',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'A text in the list is no item with a token, so it is left out.',
  },
  ...['true', 'inner.length <= length'].map((replacement) => ({
    file: 'mac/mac-node.ts',
    original: 'inner.length < length',
    replacement,
    reason: 'A new buffer where the present one is large enough costs time only.',
  })),
  {
    file: 'move.ts',
    original: '{ isBound: false, boundCookie: undefined }',
    replacement: '{}',
    reason: 'The manager takes it for the same.',
  },
  {
    file: 'proof.ts',
    original: "typeof value === 'string'",
    replacement: 'true',
    reason: 'jose refuses a member of a key that is no text.',
  },
  ...[
    ["alg === 'ES256' && kty === 'EC' && crv === 'P-256'", "alg === 'ES256' && kty === 'EC' || crv === 'P-256'"],
    ["alg === 'ES256' && kty === 'EC'", 'true'],
    ["alg === 'ES256' && kty === 'EC'", "alg === 'ES256' || kty === 'EC'"],
    ["alg === 'ES256'", 'true'],
    ["kty === 'EC'", 'true'],
    ["crv === 'P-256'", 'true'],
    ["kty === 'RSA'", 'true'],
    [String.raw`/^[\w-]{43}$/`, String.raw`/[\w-]{43}$/`],
  ].map(([original = '', replacement = '']) => ({ file: 'proof.ts', original, replacement, reason: checkedTwice })),
  {
    file: 'tags.ts',
    original: 'at < a.length',
    replacement: 'at <= a.length',
    reason: 'Behind the end of both texts there is no difference.',
  },
]
