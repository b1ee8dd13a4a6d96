import type { BackendConditions, EndCondition } from '@bext/session-conformance'
import type { SessionId } from '@bext/session-core'
import { hashSessionId } from '@bext/session-core/store-helpers'
import type { Sql } from 'postgres'

type Statements = (namespace: string) => readonly string[]

/** Returns a trigger that raises an error of the server, such as that of a read-only or a full server. */
function refusal(namespace: string, when: string, message: string, code: string): readonly string[] {
  return [
    `create function ${namespace}_refuse() returns trigger language plpgsql as
      $$ begin raise exception '${message}' using errcode = '${code}'; end $$`,
    `create trigger refuse before ${when} on ${namespace} ${code === '53100' ? 'for each row' : ''}
      execute function ${namespace}_refuse()`,
  ]
}

const endRefusal: Statements = (namespace) => [
  `drop trigger refuse on ${namespace}`,
  `drop function ${namespace}_refuse()`,
]

/** Conditions that an administrator or the limits of the server can impose on the tables that a role uses. */
export function conditionsOf(admin: Sql, role: string): BackendConditions {
  async function run(statements: readonly string[]): Promise<void> {
    await admin.begin(async (sql) => {
      for (const statement of statements) await sql.unsafe(statement)
    })
  }

  function by(begin: Statements, end: Statements) {
    return async (namespace: string): Promise<EndCondition> => {
      await run(begin(namespace))
      return () => run(end(namespace))
    }
  }

  return {
    forbid: {
      'no rights': by(
        (table) => [`revoke all on ${table} from ${role}`],
        (table) => [`grant select, insert, update, delete on ${table} to ${role}`],
      ),
      'no right to delete': by(
        (table) => [`revoke delete on ${table} from ${role}`],
        (table) => [`grant delete on ${table} to ${role}`],
      ),
      'row level security without a policy': by(
        (table) => [`alter table ${table} enable row level security`],
        (table) => [`alter table ${table} disable row level security`],
      ),
      'row level security with policies to select and insert': by(
        (table) => [
          `create policy visible on ${table} for select using (true)`,
          `create policy addable on ${table} for insert with check (true)`,
          `alter table ${table} enable row level security`,
        ],
        (table) => [
          `alter table ${table} disable row level security`,
          `drop policy visible on ${table}`,
          `drop policy addable on ${table}`,
        ],
      ),
      'a read-only server': by(
        (table) =>
          refusal(table, 'insert or update or delete', 'cannot execute this in a read-only transaction', '25006'),
        endRefusal,
      ),
    },
    fill: by(
      (table) => refusal(table, 'insert or update of data_json', 'could not extend file: No space left', '53100'),
      endRefusal,
    ),
    async hold(namespace: string, ids: readonly SessionId[]) {
      const holder = await admin.reserve()
      await holder`begin`
      await holder`select from ${holder(namespace)} where id in ${holder(ids.map(hashSessionId))} for update`
      return async () => {
        await holder`rollback`
        holder.release()
      }
    },
  }
}
