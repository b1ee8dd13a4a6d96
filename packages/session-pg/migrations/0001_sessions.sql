create table "sessions" (
  id text collate "C" primary key,
  user_id text collate "C",
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  data_json text not null
) with (fillfactor = 90);
create index "sessions_user_id_idx" on "sessions" (user_id) where user_id is not null;
comment on table "sessions" is '@bext/session-pg schema 1';
