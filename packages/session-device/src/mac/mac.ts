/** Computes the HMAC-SHA-256 of a text's UTF-8 bytes, as base64url. */
export type Mac = (text: string) => string

/**
 * Derives the key of a secret, and returns its HMAC. The import `#mac` leads to the runtime's implementation: `mac-node.ts` where
 * `node:crypto` exists, `mac-web.ts` elsewhere. Both are synchronous, unlike WebCrypto: the check of a request must not wait before
 * it reads the store, and costs a tenth.
 */
export type CreateMac = (secret: Uint8Array) => Mac

/** The `info` of HKDF-SHA-256, with an empty salt and keys of 32 bytes. */
export const keyInfo = '@bext/session-device v1'
