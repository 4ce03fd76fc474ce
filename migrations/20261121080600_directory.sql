-- The directory's doors. They are the appender's, for it alone may write table org; each names its org itself, so that the
-- policies hold it to that org.
--
-- An org lies in two databases. The row is reserved here first, then the org's key and first events are appended on its shard,
-- then the row becomes active; whoever finds it half done goes through the same steps again with the same id.

create type app.reservation as enum (
  'reserved',           -- the org may be made; said again to whoever comes back with the same id before it is active
  'exists',             -- it is active or erased
  'external_id_taken'   -- another org has that name
);

comment on type app.reservation is 'What app.reserve_org answers.';
revoke usage on type app.reservation from public;
grant usage on type app.reservation to xentri_app, xentri_appender;

grant create on schema app to xentri_appender;
set local role xentri_appender;

create function app.reserve_org(
  id uuid, shard int, external_id text, time_zone text, currency text, language text, invoice_prefix text
) returns app.reservation
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  #variable_conflict use_column
  declare
    abandoned uuid;
  begin
    if exists (select from org where org_id = reserve_org.id and status <> 'creating') then
      return 'exists';
    end if;

    -- Whoever gave up half-way and comes back with a fresh id must not find the name taken for ever by their own first try. After
    -- ten minutes, many times any request's deadline, nobody is at it any more; and an org that is not active was never seen.
    select org_id into abandoned from org
     where external_id = reserve_org.external_id and org_id <> reserve_org.id
       and status = 'creating' and created_at < now() - interval '10 minutes';
    perform set_config('app.current_org_ids', concat_ws(',', reserve_org.id, abandoned), true);
    update org set external_id = null
     where org_id = abandoned and external_id = reserve_org.external_id
       and status = 'creating' and created_at < now() - interval '10 minutes';

    -- The shard of a first try stays: the org's key may be there, and the ledger may have got more shards since.
    insert into org (org_id, shard, external_id, time_zone, currency, language, invoice_prefix)
    values (reserve_org.id, reserve_org.shard, reserve_org.external_id, reserve_org.time_zone, reserve_org.currency,
            reserve_org.language, reserve_org.invoice_prefix)
        on conflict (org_id) do update
       set external_id = excluded.external_id, time_zone = excluded.time_zone, currency = excluded.currency,
           language = excluded.language, invoice_prefix = excluded.invoice_prefix, created_at = excluded.created_at
     where org.status = 'creating';
    return case when found then 'reserved' else 'exists' end;
  exception
    -- The one constraint that is left: two orgs with one external id.
    when unique_violation then
      return 'external_id_taken';
  end $$;

comment on function app.reserve_org is
  'Reserves an org as creating; its row has the shard, which is that of the first try. Takes an external id from a reservation that nobody finished within ten minutes.';

create function app.activate_org(id uuid) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  begin
    perform set_config('app.current_org_ids', id::text, true);
    update org set status = 'active' where org_id = id and status <> 'erased';
    return found;
  end $$;

comment on function app.activate_org is 'Makes a reserved org active; may be repeated. False when it was never reserved, or is erased.';

create function app.set_org_settings(id uuid, time_zone text, currency text, language text, invoice_prefix text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  #variable_conflict use_column
  begin
    perform set_config('app.current_org_ids', set_org_settings.id::text, true);
    update org
       set time_zone = set_org_settings.time_zone, currency = set_org_settings.currency,
           language = set_org_settings.language, invoice_prefix = set_org_settings.invoice_prefix
     where org_id = set_org_settings.id and status = 'active';
    return found;
  end $$;

comment on function app.set_org_settings is 'Changes the settings of an active org. False when there is no such org.';

create function app.org_by_external_id(external_id text) returns setof org
  language sql stable security definer
  set search_path = pg_catalog, public, pg_temp
  as $$ select o.* from org o where o.external_id = org_by_external_id.external_id and o.status = 'active' $$;

comment on function app.org_by_external_id is 'The active org that the identity provider calls so, or no row.';

create function app.mark_org_erased(id uuid) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  begin
    perform set_config('app.current_org_ids', id::text, true);
    update org set status = 'erased' where org_id = id;
    return found;
  end $$;

comment on function app.mark_org_erased is 'Marks an org as erased, for ever; may be repeated. False when there is no such org.';

revoke execute on function app.reserve_org, app.activate_org, app.set_org_settings, app.org_by_external_id, app.mark_org_erased
  from public;
grant execute on function app.reserve_org, app.activate_org, app.set_org_settings, app.org_by_external_id, app.mark_org_erased
  to xentri_app;

set local role xentri_owner;
revoke create on schema app from xentri_appender;
