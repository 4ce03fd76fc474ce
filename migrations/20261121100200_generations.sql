-- The doors through which generations of read models are made, sealed, swapped and dropped.
--
-- They are the builder's, who owns schema read: a worker decides when, and has no right to make a table. A generation is
-- loaded by COPY, which Postgres refuses on tables with row-level security; so it has none until it is sealed, and until then
-- only workers may look at it.

grant create on schema app to xentri_builder;
set local role xentri_builder;

create function app.lock_projection(projection text, version int) returns text[]
  language plpgsql volatile
  set search_path = pg_catalog, public, pg_temp
  as $$
  declare
    names text[];
  begin
    select array_agg(locked.name order by locked.name) into names
      from (select t.name from projection_table t
             where t.projection = lock_projection.projection and t.version = lock_projection.version
             order by t.name for update) locked;
    if names is null then
      raise exception '% v% has no tables here', projection, version
        using errcode = 'undefined_object', hint = 'xentri migrate makes the tables of each version that the binary has.';
    end if;
    return names;
  end $$;
comment on function app.lock_projection is
  'The tables of a version of a projection. Nothing else makes, seals, swaps or drops a generation of it until the transaction ends.';

create function app.lock_generation(projection text, version int, generation int, states text[]) returns text[]
  language plpgsql volatile
  set search_path = pg_catalog, public, pg_temp
  as $$
  declare
    names text[] := app.lock_projection(projection, version);
    present text;
  begin
    select g.state into present from projection_generation g
     where g.projection = lock_generation.projection and g.version = lock_generation.version
       and g.generation = lock_generation.generation;
    if present is null then
      raise exception '% v% has no generation %', projection, version, generation using errcode = 'undefined_object';
    end if;
    if present <> all (states) then
      raise exception 'generation % of % v% is %, not %', generation, projection, version, present,
        array_to_string(states, ' or ') using errcode = 'object_not_in_prerequisite_state';
    end if;
    return names;
  end $$;
comment on function app.lock_generation is
  'The tables of a version of a projection, locked, whose generation has to be in one of these states.';

create function app.make_generation(projection text, version int) returns int
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
      execute format('create table read.%I (like read.%I including all)', copied, template);
      -- LIKE takes along what is said of the columns, and not what is said of the table.
      execute format('comment on table read.%I is %L', copied,
                     obj_description(format('read.%I', template)::regclass, 'pg_class'));
      execute format('grant select, insert, update, delete on read.%I to xentri_worker', copied);
    end loop;
    insert into projection_generation (projection, version, generation, state)
    values (make_generation.projection, make_generation.version, made, 'building');
    return made;
  end $$;
comment on function app.make_generation is
  'Makes the next generation of a version of a projection from its templates, to be loaded; returns its number.';

create function app.seal_generation(projection text, version int, generation int) returns void
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
  'Puts a loaded generation under row-level security: from then on workers write rows of their batch''s orgs only, and COPY is refused.';

create function app.swap_generation(projection text, version int, generation int) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  -- Readers queue behind a view that waits to be replaced.
  set lock_timeout = '1s'
  as $$
  declare
    names text[] := app.lock_generation(projection, version, generation, array['sealed', 'grace']);
    name text;
    shown text;
    source regclass;
    noted record;
  begin
    foreach name in array names loop
      shown := format('%s_v%s', name, version);
      source := format('read.%I', format('%s_v%s_g%s', name, version, generation))::regclass;
      execute format('create or replace view read.%I with (security_invoker = true) as select %s from %s', shown,
        (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
          where a.attrelid = source and a.attnum > 0 and not a.attisdropped), source);
      execute format('grant select on read.%I to xentri_app, xentri_worker, xentri_analyst', shown);
      execute format('comment on view read.%I is %L', shown, obj_description(source, 'pg_class'));
      for noted in
        select a.attname, col_description(source, a.attnum) as text from pg_attribute a
         where a.attrelid = source and a.attnum > 0 and not a.attisdropped
      loop
        execute format('comment on column read.%I.%I is %L', shown, noted.attname, noted.text);
      end loop;
    end loop;
    update projection_generation g set state = 'grace', changed_at = now()
     where g.projection = swap_generation.projection and g.version = swap_generation.version and g.state = 'live';
    update projection_generation g set state = 'live', changed_at = now()
     where g.projection = swap_generation.projection and g.version = swap_generation.version
       and g.generation = swap_generation.generation;
  end $$;
comment on function app.swap_generation is
  'Shows readers a generation that is sealed, or takes them back to one in grace; the one they saw goes into grace.';

create function app.drop_generation(projection text, version int, generation int) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '5s'
  as $$
  declare
    names text[] := app.lock_generation(projection, version, generation, array['building', 'sealed', 'grace']);
    name text;
  begin
    foreach name in array names loop
      execute format('drop table read.%I', format('%s_v%s_g%s', name, version, generation));
    end loop;
    delete from projection_checkpoint c
     where c.projection = drop_generation.projection and c.version = drop_generation.version
       and c.generation = drop_generation.generation;
    delete from parked_event p
     where p.projection = drop_generation.projection and p.version = drop_generation.version
       and p.generation = drop_generation.generation;
    update projection_generation g set state = 'dropped', changed_at = now()
     where g.projection = drop_generation.projection and g.version = drop_generation.version
       and g.generation = drop_generation.generation;
  end $$;
comment on function app.drop_generation is
  'Drops the tables of a generation that readers don''t see, with its checkpoints and what is parked in it.';

create function app.install_projection(projection text, version int, tables text[], checksum text) returns void
  language plpgsql volatile
  set search_path = pg_catalog, public, pg_temp
  as $$
  declare
    name text;
    first int;
  begin
    insert into projection_table (projection, version, name, checksum)
    select install_projection.projection, install_projection.version, t.name, install_projection.checksum
      from unnest(tables) t(name);
    -- Without a policy: a template stays empty, whoever comes.
    foreach name in array tables loop
      execute format('alter table read.%I enable row level security, force row level security',
                     format('%s_v%s_template', name, version));
    end loop;
    first := app.make_generation(projection, version);
    perform app.seal_generation(projection, version, first);
    perform app.swap_generation(projection, version, first);
  end $$;
comment on function app.install_projection is
  'Takes up templates that xentri migrate has just made, and makes the first generation of them, which is live.';

revoke execute on function app.lock_projection, app.lock_generation, app.make_generation, app.seal_generation,
  app.swap_generation, app.drop_generation, app.install_projection from public;
grant execute on function app.make_generation, app.seal_generation, app.swap_generation, app.drop_generation
  to xentri_worker;

set local role xentri_owner;
revoke create on schema app from xentri_builder;
