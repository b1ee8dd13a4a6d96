export { refusalOf } from './ask.js'
