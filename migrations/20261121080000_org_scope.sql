-- The two functions that every row-level security policy calls, so that the form of the scope can change in one
-- place, and the policies of the table that records the migrations themselves.

create function app.current_org() returns uuid
  language sql stable parallel safe
  -- After a local set the variable's value is '', not null: both mean that no org is named, and nothing is seen.
  return nullif(current_setting('app.current_org_id', true), '')::uuid;
comment on function app.current_org() is
  'The org that the transaction works for, null when none is named. Inlined by the planner, so a policy on it becomes an index condition.';

create function app.current_orgs() returns uuid[]
  language sql stable parallel safe
  return string_to_array(nullif(current_setting('app.current_org_ids', true), ''), ',')::uuid[];
comment on function app.current_orgs() is
  'The orgs of a batch. A policy calls it as (select app.current_orgs())::uuid[], which is evaluated once a statement; readers never use it, for their pages would lose index order.';

revoke execute on function app.current_org(), app.current_orgs() from public;
grant execute on function app.current_org()
  to xentri_app, xentri_worker, xentri_auditor, xentri_analyst;
grant execute on function app.current_orgs()
  to xentri_appender, xentri_worker;

alter table _sqlx_migrations enable row level security, force row level security;
comment on table _sqlx_migrations is 'The migrations that ran here, with the checksum of their text.';
create policy owner_all on _sqlx_migrations to xentri_owner using (true) with check (true);
create policy app_reads on _sqlx_migrations for select to xentri_app using (true);
grant select on _sqlx_migrations to xentri_app;
