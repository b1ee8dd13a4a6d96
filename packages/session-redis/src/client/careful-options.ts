export { safeClientOptions } from './connect.js'
