import type { Client, Reply } from './client.js'
import type { Report } from './report.js'
import type { DemoStore } from '../src/stores/store.js'
import { summarize } from './text.js'
import { user } from './page-texts.js'

export interface Walk {
  readonly store: DemoStore
  readonly url: string
  readonly report: Report
  readonly signal: AbortSignal
}

type Form = Readonly<Record<string, string>>

export interface Steps {
  readonly get: (client: Client, path: string) => Promise<Reply>
  readonly post: (client: Client, path: string, fields?: Form, origin?: string) => Promise<Reply>
}

export function textOf({ body }: Reply, id: 'who' | 'visits' | 'role'): string | undefined {
  return new RegExp(`id="${id}">([^<]*)<`).exec(body)?.[1]
}

/** Returns requests that print themselves, with the contents of the store after each. */
export function printedSteps({ store, report }: Walk): Steps {
  async function print(client: Client, request: string, reply: Reply): Promise<Reply> {
    report.act(client.name, `${request} -> ${reply.status}`)
    report.cookies(reply.cookies)
    report.storedRows(await store.look(user))
    return reply
  }

  return {
    get: async (client, path) => print(client, `GET ${path}`, await client.get(path)),
    async post(client, path, fields = {}, origin?: string) {
      const from = origin === undefined ? '' : ` from ${origin}`
      const body = Object.entries(fields).map(([name, value]) => ` ${name}=${summarize(value)}`)
      return print(client, `POST ${path}${body.join('')}${from}`, await client.post(path, fields, origin))
    },
  }
}
