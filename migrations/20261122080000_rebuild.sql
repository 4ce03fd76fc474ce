-- A read model made anew: what its rebuild has done and what is left of it, so that it goes on after a crash and others can
-- stop it; and generations that are loaded before they have indexes.
--
-- COPY into a table with indexes takes several times as long as making the indexes afterwards, so a generation gets them when
-- it is sealed. Replacing a view waits for the readers that use it while all others queue behind it: it gives up sooner, and
-- is tried again.

create table rebuild (
  projection   text        not null collate "C",
  version      integer     not null check (version > 0),
  generation   integer     not null check (generation > 0),
  phase        text        not null collate "C"
               check (phase in ('loading', 'following', 'comparing', 'settling', 'differing', 'grace', 'returned', 'done', 'cancelled')),
  wish         text        not null default 'go' collate "C" check (wish in ('go', 'pause', 'cancel')),
  replaces     integer     check (replaces > 0),
  left_out     uuid[]      not null,
  requested_by text        not null collate "C",
  begun_at     timestamptz not null default now(),
  changed_at   timestamptz not null default now(),
  together_at  timestamptz,
  grace_until  timestamptz,
  primary key (projection, version, generation)
);
create unique index rebuild_running on rebuild (projection)
  where phase in ('loading', 'following', 'comparing', 'settling', 'differing');

comment on table rebuild is 'The making of a generation, from its first row to the end of the time in which readers can be taken back.';
comment on column rebuild.projection is 'The projection.';
comment on column rebuild.version is 'Of the projection.';
comment on column rebuild.generation is 'The one that is made.';
comment on column rebuild.phase is 'loading: rows are made of the ledger; following: workers bring it to where the live one is; comparing: with the live one; settling: until nobody reads as of before it was loaded; differing: it is not as the live one, and kept; grace: readers see it, and can be taken back; returned: they were taken back; done; cancelled.';
comment on column rebuild.wish is 'What somebody wants of the process that does it: go, pause, cancel.';
comment on column rebuild.replaces is 'The generation that was live before it, in the same version; null where there was none.';
comment on column rebuild.left_out is 'Events that were discarded when it began: no row is made of them.';
comment on column rebuild.requested_by is 'Who asked for it.';
comment on column rebuild.begun_at is 'When.';
comment on column rebuild.changed_at is 'When the phase or the wish changed last.';
comment on column rebuild.together_at is 'When it was first seen at the live one''s place in every shard.';
comment on column rebuild.grace_until is 'When what it replaced, or what was taken back, is dropped.';

create table rebuild_unit (
  projection text    not null collate "C",
  version    integer not null,
  generation integer not null,
  shard      integer not null check (shard >= 0),
  bits       integer not null check (bits between 0 and 32),
  prefix     bigint  not null check (prefix between 0 and 4294967295),
  epoch      integer not null check (epoch >= 0),
  up_to      bigint  not null check (up_to >= 0),
  position   bigint  not null default 0 check (position >= 0),
  done       boolean not null default false,
  left_out   bigint  not null default 0,
  rows       bigint  not null default 0,
  primary key (projection, version, generation, shard, bits, prefix),
  foreign key (projection, version, generation) references rebuild on delete cascade
);

comment on table rebuild_unit is 'What a rebuild loads in one go: the rows of a shard whose keys begin with some bits of a hash.';
comment on column rebuild_unit.projection is 'The projection.';
comment on column rebuild_unit.version is 'Of the projection.';
comment on column rebuild_unit.generation is 'The one that is made.';
comment on column rebuild_unit.shard is 'The shard.';
comment on column rebuild_unit.bits is 'How many bits of the hash say what belongs to it; 0 is the whole shard.';
comment on column rebuild_unit.prefix is 'Those bits, of 32, the rest zero.';
comment on column rebuild_unit.epoch is 'Of the last event that belongs to it.';
comment on column rebuild_unit.up_to is 'The position of that event: where the workers go on.';
comment on column rebuild_unit.position is 'Up to where rows are in the table, of a read model whose rows are made by one event each.';
comment on column rebuild_unit.done is 'Its rows are in the table.';
comment on column rebuild_unit.left_out is 'How many events were left out because they are discarded.';
comment on column rebuild_unit.rows is 'How many rows it has brought.';

alter table rebuild enable row level security, force row level security;
alter table rebuild_unit enable row level security, force row level security;
create policy worker_all on rebuild to xentri_worker using (true) with check (true);
create policy worker_all on rebuild_unit to xentri_worker using (true) with check (true);
grant select, insert, update, delete on rebuild, rebuild_unit to xentri_worker;

grant create on schema app to xentri_builder;
set local role xentri_builder;

create or replace function app.make_generation(projection text, version int) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  as $$
  declare
    names text[] := app.lock_projection(projection, version);
    made int;
    name text;
    template text;
    copied text;
  begin
    select coalesce(max(g.generation), 0) + 1 into made from projection_generation g
     where g.projection = make_generation.projection and g.version = make_generation.version;
    foreach name in array names loop
      template := format('%s_v%s_template', name, version);
      copied := format('%s_v%s_g%s', name, version, made);
      execute format('create table read.%I (like read.%I including all excluding indexes)', copied, template);
      -- LIKE takes along what is said of the columns, and not what is said of the table.
      execute format('comment on table read.%I is %L', copied,
                     obj_description(format('read.%I', template)::regclass, 'pg_class'));
      execute format('grant select, insert, update, delete on read.%I to xentri_worker', copied);
    end loop;
    insert into projection_generation (projection, version, generation, state)
    values (make_generation.projection, make_generation.version, made, 'building');
    return made;
  end $$;

create function app.index_generation(name text, version int, generation int) returns void
  language plpgsql volatile
  set search_path = pg_catalog, public, pg_temp
  as $$
  declare
    template regclass := format('read.%I', format('%s_v%s_template', name, version))::regclass;
    indexed text := format('read.%I', format('%s_v%s_g%s', name, version, generation));
    known record;
  begin
    for known in
      select pg_get_constraintdef(c.oid) as key, pg_get_indexdef(i.indexrelid) as definition
        from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
       where i.indrelid = template order by i.indexrelid
    loop
      -- Without a name each gets the one that LIKE would give it.
      execute case when known.key is not null then format('alter table %s add %s', indexed, known.key)
        else regexp_replace(known.definition, '^CREATE (UNIQUE )?INDEX .+? ON .+? USING ',
                            format('create \1index on %s using ', indexed)) end;
    end loop;
  end $$;
comment on function app.index_generation is
  'Gives a table of a generation the keys and indexes of its template, which are made faster once it is loaded.';

create or replace function app.seal_generation(projection text, version int, generation int) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '5s'
  as $$
  declare
    names text[] := app.lock_generation(projection, version, generation, array['building']);
    name text;
    sealed text;
  begin
    foreach name in array names loop
      sealed := format('%s_v%s_g%s', name, version, generation);
      perform app.index_generation(name, version, generation);
      execute format('alter table read.%I enable row level security, force row level security', sealed);
      execute format('create policy readers_read_their_org on read.%I for select to xentri_app, xentri_analyst
                      using (org_id = app.current_org())', sealed);
      execute format('create policy worker_writes_its_batch on read.%I to xentri_worker
                      using (org_id = any ((select app.current_orgs())::uuid[]))
                      with check (org_id = any ((select app.current_orgs())::uuid[]))', sealed);
      execute format('grant select on read.%I to xentri_app, xentri_analyst', sealed);
      -- Its first readers come before autovacuum would have looked at it.
      execute format('analyze read.%I', sealed);
    end loop;
    update projection_generation g set state = 'sealed', changed_at = now()
     where g.projection = seal_generation.projection and g.version = seal_generation.version
       and g.generation = seal_generation.generation;
  end $$;
comment on function app.seal_generation is
  'Gives a loaded generation its indexes and puts it under row-level security: from then on workers write rows of their batch''s orgs only, and COPY is refused.';

alter function app.swap_generation set lock_timeout = '100ms';

revoke execute on function app.index_generation from public;

set local role xentri_owner;
revoke create on schema app from xentri_builder;
