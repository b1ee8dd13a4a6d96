import type { Server } from 'node:http'
import { createExpress } from './express.js'
import { createFastify } from './fastify.js'
import { createH3 } from './h3.js'
import { createHono } from './hono.js'
import { createKoa } from './koa.js'
import { createNextStyle } from './next/server.js'
import { createNodeHttp } from './node-http.js'

/** Functions that create the same app in each framework, as a server that is not listening yet. */
export const frameworks: Readonly<Record<string, () => Server | Promise<Server>>> = {
  'node-http': createNodeHttp,
  express: createExpress,
  koa: () => createKoa(),
  fastify: createFastify,
  hono: () => createHono(),
  h3: createH3,
  next: createNextStyle,
}
