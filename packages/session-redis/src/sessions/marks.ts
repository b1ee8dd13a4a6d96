export { createAnonymousNonce as nextAnonymousMark, createNonce as nextMarkId } from './write-nonce.js'
