-- What is done to the keys of a whole org: destroying them, and wrapping the org's key by another master key.

-- The owner of erase_org clears snapshots, and need not read them.
create policy appender_finds_those_of_its_batch on snapshot for select to xentri_appender
  using (org_id = any((select app.current_orgs())::uuid[]));
create policy appender_deletes_for_its_batch on snapshot for delete to xentri_appender
  using (org_id = any((select app.current_orgs())::uuid[]));
grant select (shard, org_id), delete on snapshot to xentri_appender;

grant create on schema app to xentri_appender;
set local role xentri_appender;

create function app.erase_org(id uuid, shard int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '10s'
  as $$
  #variable_conflict use_column
  begin
    perform set_config('app.current_org_ids', erase_org.id::text, true);
    -- An append that is under way ends first: no key is made after this.
    perform app.lock_shards(array[erase_org.shard]);
    update org_key set wrapped = null where org_id = erase_org.id and shard = erase_org.shard;
    if not found then
      return false;
    end if;
    update subject_key set wrapped = null where shard = erase_org.shard and org_id = erase_org.id and wrapped is not null;
    delete from snapshot where shard = erase_org.shard and org_id = erase_org.id;
    return true;
  end $$;

comment on function app.erase_org is
  'Destroys the key of an org and of every person in it, and drops its snapshots; may be repeated. False when it has no key there.';
revoke execute on function app.erase_org from public;
grant execute on function app.erase_org to xentri_app;

create function app.rewrap_org_key(id uuid, old_wrapped bytea, new_wrapped bytea, new_master_key text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  begin
    perform set_config('app.current_org_ids', id::text, true);
    -- Null equals nothing: a destroyed key stays destroyed, and none is destroyed here.
    update org_key set wrapped = new_wrapped, master_key = new_master_key
     where org_id = id and wrapped = old_wrapped and new_wrapped is not null;
    return found;
  end $$;

comment on function app.rewrap_org_key is
  'Puts an org''s key under another master key, if it is still wrapped as the caller read it. False when it is not.';
revoke execute on function app.rewrap_org_key from public;
grant execute on function app.rewrap_org_key to xentri_worker;

set local role xentri_owner;
revoke create on schema app from xentri_appender;
