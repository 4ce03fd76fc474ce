-- Roles and schemas: what has to stand before the first migration can run.
--
-- Run at the start of every `xentri migrate`, as the migrating login, before the numbered files; it may run any
-- number of times. Roles belong to the whole cluster, so it runs under a lock that spans databases.
-- Who may do what on which table is decided in the numbered files; README.md shows the whole matrix.

do $$
declare
  r record;
begin
  for r in
    select * from (values
      ('xentri_owner',    'owns every object of Xentri outside schema read; changed only by migrations'),
      ('xentri_builder',  'owns schema read: makes, seals, swaps and drops generations of read models'),
      ('xentri_appender', 'owner of the append functions, the only role that may insert into event'),
      ('xentri_app',      'commands and queries of one org'),
      ('xentri_relay',    'reads the ledger of all orgs and sends it to Kafka'),
      ('xentri_worker',   'folds the ledger of all orgs into read models'),
      ('xentri_auditor',  'verifies the ledger of all orgs; changes nothing'),
      ('xentri_analyst',  'reads the views in schema read, one org at a time')
    ) as roles(name, purpose)
  loop
    if not exists (select from pg_roles where rolname = r.name) then
      execute format('create role %I nologin noinherit', r.name);
      execute format('comment on role %I is %L', r.name, r.purpose);
    end if;
  end loop;

  -- A role of that name may have been made by hand. Only what differs is named: a superuser alone may say the rest.
  for r in
    select rolname, concat_ws(' ',
      case when rolcanlogin then 'nologin' end,
      case when rolinherit then 'noinherit' end,
      case when rolsuper then 'nosuperuser' end,
      case when rolbypassrls then 'nobypassrls' end) as changes
    from pg_roles
    where rolname in ('xentri_owner', 'xentri_builder', 'xentri_appender', 'xentri_app', 'xentri_relay',
                      'xentri_worker', 'xentri_auditor', 'xentri_analyst')
      and (rolcanlogin or rolinherit or rolsuper or rolbypassrls)
  loop
    execute format('alter role %I %s', r.rolname, r.changes);
  end loop;

  -- A managed Postgres has no superuser to offer: a login that may create roles is enough, once it is a member. Since
  -- Postgres 16 who makes a role may administer it, and so counts as a member, but neither becomes it nor inherits.
  for r in
    select name, modern
    from unnest(array['xentri_owner', 'xentri_builder', 'xentri_appender']) as name,
      (select current_setting('server_version_num')::int >= 160000) as server(modern)
    where not pg_has_role(current_user, name, 'usage')
      or not pg_has_role(current_user, name, case when modern then 'set' else 'member' end)
  loop
    execute format('grant %I to %I', r.name, current_user)
      || case when r.modern then ' with set true, inherit true' else '' end;
  end loop;

  -- Nothing comes from PUBLIC, in which every login of the cluster is.
  execute format('revoke temporary on database %I from public', current_database());
end $$;

revoke all on schema public from public;
grant usage, create on schema public to xentri_owner;

create schema if not exists app authorization xentri_owner;
comment on schema app is 'functions: who a transaction works for, and the few doors through which it writes';

create schema if not exists read authorization xentri_builder;
comment on schema read is 'read models: one view per projection version over the generation that is live';

grant usage on schema public, app
  to xentri_builder, xentri_appender, xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_analyst;
grant usage on schema read to xentri_app, xentri_worker, xentri_auditor, xentri_analyst;
