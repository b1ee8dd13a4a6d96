import { deflate as deflateOfRuntime } from '#deflate'
import type { Compression } from './compression/types.js'

export type { Compression }

/** Deflates session data where that makes the id shorter. */
export const deflate: Compression = deflateOfRuntime

/** Opens data that `deflate` compressed, and compresses nothing. Use it while old compressed ids are still valid. */
export const inflateOnly: Compression = { ...deflate, deflate: (text) => text }
