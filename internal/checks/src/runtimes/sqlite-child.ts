// Runs on each runtime, in a process started by the kit.
import { openHarness } from './sqlite-check.js'

const opened = await openHarness(process.env['SERVER_DRIVER'] ?? '')
process.once('exit', () => void opened.end())

export default opened.harness
