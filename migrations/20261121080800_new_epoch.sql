-- A new epoch, after a restore to an earlier point: positions that were given before the restore are given again, and only the
-- epoch tells the two apart.
--
-- The function is the appender's, who sees the heads of all orgs: the owner has no policy on table event.

create policy appender_inserts on ledger_epoch for insert to xentri_appender with check (true);
grant insert on ledger_epoch to xentri_appender;

grant create on schema app to xentri_appender;
set local role xentri_appender;

-- above: the highest epoch that is known elsewhere. A restore also takes back the epochs that began after its point, and another
-- database of the ledger may be further on.
create function app.new_epoch(shards int[], above int default 1)
  returns table (shard int, epoch int, start bigint)
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '10s'
  as $$
  #variable_conflict use_column
  declare
    next_epoch int;
  begin
    perform app.lock_shards(shards);
    next_epoch := greatest(above, (select max(l.epoch) from ledger_epoch l), 1) + 1;
    return query
      insert into ledger_epoch (epoch, shard, start)
      select next_epoch, s.shard,
             coalesce((select e.position from event e where e.shard = s.shard order by e.position desc limit 1), 0)
        from (select distinct x from unnest(shards) x) s(shard)
       order by s.shard
      returning shard, epoch, start;
  end $$;

comment on function app.new_epoch is
  'Begins a new epoch for some shards, above every epoch of this database, where their events end.';
revoke execute on function app.new_epoch from public;
grant execute on function app.new_epoch to xentri_owner;

set local role xentri_owner;
revoke create on schema app from xentri_appender;
