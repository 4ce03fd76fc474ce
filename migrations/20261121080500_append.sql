-- The append: the one way into the ledger.
--
-- One call takes the commands of many orgs that wait in one process, on one shard or several of a database, and commits them
-- together; nothing but this call runs under the shard's lock, so a client that stops stalls nobody. Commands that
-- were decided one on top of the other come as a chain, which is appended whole or not at all; every chain has a verdict, reported for each of its commands, so that one
-- that comes too late never fails its neighbours.
--
-- Taking the lock and reading the heads are statements of their own: in one statement the read would see the snapshot from
-- before the wait. Look-ups are probes (limit 1), never joins, so that no plan depends on statistics, which a young table lacks.

create type app.verdict as enum (
  'appended',
  'org_unknown',         -- the org has no key on that shard: never made, or erased
  'org_exists',          -- the chain brings the org's key, and the org has one already
  'key_used',            -- another command came with the idempotency key
  'stale',               -- a stream is not at the version that was expected, or a person to forget has got other streams
  'subject_key_exists',  -- somebody else has made the person's key: seal again with that one
  'subject_key_unknown', -- it brings data about a person who has no key: seal again with a new one
  'subject_forgotten'    -- the person's key is destroyed, and there will be no other
);

comment on type app.verdict is 'What became of a chain in a call of app.append; said for each of its commands.';
revoke usage on type app.verdict from public;
grant usage on type app.verdict to xentri_app, xentri_appender;

-- Made by its owner, who is the one role with the right to insert and may create nothing at any other time.
grant create on schema app to xentri_appender;
set local role xentri_appender;

create function app.lock_shards(shards int[]) returns void
  language plpgsql volatile
  as $$
  declare
    this_shard int;
  begin
    -- Under any other level the heads would be read as they were before the wait.
    if current_setting('transaction_isolation') <> 'read committed' then
      raise exception 'the transaction is not read committed' using errcode = 'invalid_parameter_value';
    end if;
    -- Always in the same order, so that two calls can't wait for each other. The number is 'XENT' in ASCII: it keeps these locks
    -- apart from others in the database.
    for this_shard in select distinct x from unnest(shards) x order by x loop
      perform pg_advisory_xact_lock(1480937044, this_shard);
    end loop;
  end $$;

comment on function app.lock_shards is 'Makes a transaction the one writer of some shards until it ends.';
revoke execute on function app.lock_shards from public;

-- Who seals for a person and who forgets them decide one after the other, each from what the other left.
create function app.check_forgetting(h_org int[], x_chain int[], x_subject uuid[], f_chain int[], f_subject uuid[]) returns void
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  as $$
  begin
    if exists (select from unnest(f_chain, f_subject) f(chain, subject) group by h_org[f.chain], f.subject having count(*) > 1) then
      raise exception 'app.append: a subject is forgotten twice' using errcode = 'invalid_parameter_value';
    end if;
    if exists (select from unnest(f_chain, f_subject) f(chain, subject)
                 join unnest(x_chain, x_subject) x(chain, subject)
                   on h_org[x.chain] = h_org[f.chain] and x.subject = f.subject) then
      raise exception 'app.append: a subject is forgotten and written about' using errcode = 'invalid_parameter_value';
    end if;
  end $$;

comment on function app.check_forgetting is 'Refuses a call of app.append that forgets somebody twice, or writes about them too.';
revoke execute on function app.check_forgetting from public;

-- A call that breaks these rules is a mistake of its caller, and fails as a whole. What could spoil the record is looked for and said
-- with 22023; what the tables refuse anyway (a null, a number that points at nothing, a stream or an org that two chains write to) is
-- left to them, with a code of class 22 or 23. A stream that one chain writes to and another only rests on is for the caller to avoid.
-- Parameters are columns, one letter for each relation; a number that points into another one counts from 1.
--   o  orgs, once each: id, shard
--   h  chains: their org
--   s  streams of a chain, once in a call: the version expected before the chain, 0 for a new one
--   c  commands of a chain, in order: with a key, what the receipt keeps
--   e  events, in the order of their commands: their stream, id, type, body and the body's SHA-256
--   n  chains that make their org: its key, wrapped by a master key
--   k  keys of new subjects, wrapped by their org's key, and the stream that holds data about them
--   d  which other stream holds data about which subject
--   f  persons to forget: how many streams the caller saw that hold data about them
create function app.append(
  o_id uuid[], o_shard int[],
  h_org int[],
  s_chain int[], s_type text[], s_id uuid[], s_version int[],
  c_chain int[], c_actor text[], c_key text[], c_mac bytea[], c_answer text[],
  e_command int[], e_stream int[], e_id uuid[], e_type text[], e_body text[], e_digest bytea[],
  n_chain int[], n_wrapped bytea[], n_master_key text[],
  k_chain int[], k_subject uuid[], k_wrapped bytea[], k_stream int[],
  d_chain int[], d_subject uuid[], d_stream int[],
  f_chain int[], f_subject uuid[], f_streams int[]
) returns table (
  command int, verdict app.verdict, shard int, epoch int, first_org_seq bigint, last_position bigint, recorded_at timestamptz
)
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
  -- For each lock. Callers that can't be served shouldn't hold their connections; one with less time sets statement_timeout,
  -- which this leaves alone.
  set lock_timeout = '10s'
  as $$
  #variable_conflict use_column
  declare
    -- The policies compare each row that is written with each org of the call.
    most_orgs  constant int := 256;
    -- By shard, in the order of the locks.
    shards     int[];
    positions  bigint[];
    times      timestamptz[];
    stamps     bytea[];             -- the times as they are hashed
    epochs     int[];
    -- By org.
    places     int[];               -- its shard's place in shards
    known      boolean[];           -- whether it has a key on that shard
    seqs       bigint[];
    hashes     bytea[];
    -- By chain, command and event; null where the chain is refused.
    refused    app.verdict[];
    c_seq      bigint[];
    c_position bigint[];
    e_seq      bigint[];
    e_position bigint[];
    e_version  int[];
    e_hash     bytea[];
    versions   int[] := s_version;
    refusal    record;
    org int; place int; cmd int; stream int;
  begin
    -- Starting a statement costs more than running it for a few rows: there are as few as can be, and those that are seldom needed
    -- stand behind a condition.
    if array_dims(o_id) is distinct from array_dims(o_shard)
      or array_dims(s_chain) is distinct from array_dims(s_type) or array_dims(s_chain) is distinct from array_dims(s_id)
      or array_dims(s_chain) is distinct from array_dims(s_version)
      or array_dims(c_chain) is distinct from array_dims(c_actor) or array_dims(c_chain) is distinct from array_dims(c_key)
      or array_dims(c_chain) is distinct from array_dims(c_mac) or array_dims(c_chain) is distinct from array_dims(c_answer)
      or array_dims(e_command) is distinct from array_dims(e_stream) or array_dims(e_command) is distinct from array_dims(e_id)
      or array_dims(e_command) is distinct from array_dims(e_type) or array_dims(e_command) is distinct from array_dims(e_body)
      or array_dims(e_command) is distinct from array_dims(e_digest)
      or array_dims(n_chain) is distinct from array_dims(n_wrapped) or array_dims(n_chain) is distinct from array_dims(n_master_key)
      or array_dims(k_chain) is distinct from array_dims(k_subject) or array_dims(k_chain) is distinct from array_dims(k_wrapped)
      or array_dims(k_chain) is distinct from array_dims(k_stream)
      or array_dims(d_chain) is distinct from array_dims(d_subject) or array_dims(d_chain) is distinct from array_dims(d_stream)
      or array_dims(f_chain) is distinct from array_dims(f_subject) or array_dims(f_chain) is distinct from array_dims(f_streams)
    then
      raise exception 'app.append: the columns of a relation differ in length' using errcode = 'invalid_parameter_value';
    end if;
    -- An array that starts at another number is unnested in one order and subscripted in another.
    if (array_lower(o_id, 1) is null or array_lower(o_id, 1) = 1 and array_lower(h_org, 1) = 1 and array_lower(c_chain, 1) = 1
        and coalesce(array_lower(s_chain, 1), 1) = 1 and coalesce(array_lower(e_command, 1), 1) = 1
        and coalesce(array_lower(n_chain, 1), 1) = 1 and coalesce(array_lower(k_chain, 1), 1) = 1
        and coalesce(array_lower(d_chain, 1), 1) = 1 and coalesce(array_lower(f_chain, 1), 1) = 1) is not true
      and cardinality(h_org) is distinct from 0
    then
      raise exception 'app.append: a relation does not count from 1' using errcode = 'invalid_parameter_value';
    end if;
    if cardinality(o_id) > most_orgs then
      raise exception 'app.append: more than % orgs', most_orgs using errcode = 'invalid_parameter_value';
    end if;
    if cardinality(h_org) = 0 then
      return;
    end if;
    -- Filled, for an array that is first assigned to in its middle begins there.
    refused := array_fill(null::app.verdict, array[cardinality(h_org)]);
    c_seq := array_fill(null::bigint, array[cardinality(c_chain)]);
    c_position := c_seq;
    e_seq := array_fill(null::bigint, array[cardinality(e_command)]);
    e_position := e_seq;
    e_version := array_fill(null::int, array[cardinality(e_command)]);
    e_hash := array_fill(null::bytea, array[cardinality(e_command)]);
    if cardinality(f_chain) > 0 then
      perform app.check_forgetting(h_org, k_chain || d_chain, k_subject || d_subject, f_chain, f_subject);
    end if;

    perform set_config('app.current_org_ids', array_to_string(o_id, ','), true);
    perform app.lock_shards(o_shard);

    select array_agg(s.shard order by s.n), array_agg(coalesce(head.position, 0) order by s.n), array_agg(now.at order by s.n),
           array_agg(int8send((extract(epoch from now.at) * 1000000)::bigint) order by s.n),
           array_agg(coalesce((select l.epoch from ledger_epoch l where l.shard = s.shard order by l.epoch desc limit 1), 1) order by s.n)
      into shards, positions, times, stamps, epochs
      from (select u.shard, row_number() over () as n from (select distinct x as shard from unnest(o_shard) x) u) s
      left join lateral (select e.position, e.recorded_at from event e where e.shard = s.shard order by e.position desc limit 1) head on true
      -- Once for each shard: what is hashed and what is stored is the same moment.
      cross join lateral (select greatest(head.recorded_at, clock_timestamp()) as at offset 0) now;

    select array_agg(array_position(shards, o.shard) order by o.n),
           array_agg(o.shard is not distinct from (select k.shard from org_key k where k.org_id = o.id and k.wrapped is not null limit 1)
                     order by o.n),
           array_agg(coalesce(head.org_seq, 0) order by o.n),
           array_agg(coalesce(head.hash, '\x0000000000000000000000000000000000000000000000000000000000000000') order by o.n)
      into places, known, seqs, hashes
      from unnest(o_id, o_shard) with ordinality o(id, shard, n)
      left join lateral (select e.org_seq, e.hash from event e where e.shard = o.shard and e.org_id = o.id
                         order by e.org_seq desc limit 1) head on true;

    -- The first reason stands, in this order: a key that is used says more than the stale version that comes with it.
    for refusal in
      select h.chain, 'org_unknown'::app.verdict as why, 1 as rank from unnest(h_org) with ordinality h(org, chain)
       where not known[h.org] and h.chain <> all (n_chain)
      union all
      select c.chain, 'key_used', 2 from unnest(c_chain, c_actor, c_key) c(chain, actor, key)
       where c.key is not null and
             (select true from receipt r where r.shard = o_shard[h_org[c.chain]] and r.key = c.key and r.actor = c.actor
                 and r.org_id = o_id[h_org[c.chain]] limit 1)
      union all
      select s.chain, 'stale', 3 from unnest(s_chain, s_type, s_id, s_version) s(chain, type, id, version)
       where s.version is distinct from coalesce(
             (select e.version from event e where e.shard = o_shard[h_org[s.chain]] and e.stream_id = s.id
                 and e.org_id = o_id[h_org[s.chain]] and e.stream_type = s.type order by e.version desc limit 1), 0)
      union all
      select k.chain, case when found.wrapped is null then 'subject_forgotten' else 'subject_key_exists' end::app.verdict, 4
        from unnest(k_chain, k_subject) k(chain, subject)
        cross join lateral (select x.wrapped from subject_key x where x.shard = o_shard[h_org[k.chain]]
                                and x.subject_id = k.subject and x.org_id = o_id[h_org[k.chain]] limit 1) found
      union all
      -- The data may have been sealed with a key that was destroyed meanwhile, or never kept.
      select d.chain, case when found.gone then 'subject_forgotten' else 'subject_key_unknown' end::app.verdict, 4
        from unnest(d_chain, d_subject) d(chain, subject)
        cross join lateral (select (select x.wrapped is null from subject_key x where x.shard = o_shard[h_org[d.chain]]
                                       and x.subject_id = d.subject and x.org_id = o_id[h_org[d.chain]] limit 1) as gone offset 0) found
       where found.gone
          or found.gone is null and not exists (select from unnest(k_chain, k_subject) k(chain, subject)
                                                 where k.chain = d.chain and k.subject = d.subject)
       order by rank
    loop
      refused[refusal.chain] := coalesce(refused[refusal.chain], refusal.why);
    end loop;
    if cardinality(n_chain) > 0 or cardinality(f_chain) > 0 then
      for refusal in
        -- The tombstone of an erased org stays what it is: unknown.
        select n.chain, case when found.wrapped is null then 'org_unknown' else 'org_exists' end::app.verdict as why
          from unnest(n_chain) n(chain)
          cross join lateral (select k.wrapped from org_key k where k.org_id = o_id[h_org[n.chain]] limit 1) found
      loop
        refused[refusal.chain] := refusal.why;
      end loop;
      for refusal in
        -- The list in the event would miss a stream. Counting one more than were seen is enough to know.
        select f.chain, 'stale'::app.verdict as why, 1 as rank from unnest(f_chain, f_subject, f_streams) f(chain, subject, streams)
         where f.streams <> (select count(*) from (
                 select from subject_stream x where x.shard = o_shard[h_org[f.chain]] and x.org_id = o_id[h_org[f.chain]]
                    and x.subject_id = f.subject limit f.streams + 1) seen)
               + (select count(k.stream_id) from subject_key k where k.shard = o_shard[h_org[f.chain]]
                     and k.org_id = o_id[h_org[f.chain]] and k.subject_id = f.subject)
        union all
        select f.chain, 'subject_forgotten', 2 from unnest(f_chain, f_subject) f(chain, subject)
         where (select k.wrapped is null from subject_key k where k.shard = o_shard[h_org[f.chain]]
                   and k.org_id = o_id[h_org[f.chain]] and k.subject_id = f.subject limit 1)
         order by rank
      loop
        refused[refusal.chain] := coalesce(refused[refusal.chain], refusal.why);
      end loop;
      insert into org_key (org_id, shard, wrapped, master_key)
      select o_id[h_org[n.chain]], o_shard[h_org[n.chain]], n.wrapped, n.master_key
        from unnest(n_chain, n_wrapped, n_master_key) n(chain, wrapped, master_key)
       where refused[n.chain] is null;
    end if;

    for i in 1 .. cardinality(e_command) loop
      cmd := e_command[i];
      stream := e_stream[i];
      -- The version of a stream was checked for its own chain, and a digest of another length would end the chain of hashes.
      if s_chain[stream] is distinct from c_chain[cmd] or octet_length(e_digest[i]) is distinct from 32 or cmd < e_command[i - 1] then
        raise exception 'app.append: event % is on a stream of another chain, comes before its command, or has no digest of 32 bytes', i
          using errcode = 'invalid_parameter_value';
      end if;
      continue when refused[c_chain[cmd]] is not null;
      org := h_org[c_chain[cmd]];
      place := places[org];
      positions[place] := positions[place] + 1;
      seqs[org] := seqs[org] + 1;
      versions[stream] := versions[stream] + 1;
      hashes[org] := sha256(hashes[org] || int8send(epochs[place]) || int8send(seqs[org]) || stamps[place] || e_digest[i]);
      e_position[i] := positions[place];
      e_seq[i] := seqs[org];
      e_version[i] := versions[stream];
      e_hash[i] := hashes[org];
      c_seq[cmd] := coalesce(c_seq[cmd], seqs[org]);
      c_position[cmd] := positions[place];
    end loop;

    insert into event (position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, stream_type, type, hash, body)
    select x.position, x.seq, times[places[o.org]], o_shard[o.org], epochs[places[o.org]], x.version, o_id[o.org], x.id,
           s_id[x.stream], s_type[x.stream], x.type, x.hash, x.body
      from unnest(e_position, e_seq, e_version, e_hash, e_command, e_stream, e_id, e_type, e_body)
             x(position, seq, version, hash, command, stream, id, type, body)
      cross join lateral (select h_org[c_chain[x.command]] as org) o
     where x.position is not null;

    insert into receipt (shard, org_id, actor, key, mac, answer, epoch, first_org_seq, last_position, recorded_at)
    select o_shard[o.org], o_id[o.org], c.actor, c.key, c.mac, c.answer, epochs[places[o.org]], c.seq, c.position, times[places[o.org]]
      from unnest(c_chain, c_actor, c_key, c_mac, c_answer, c_seq, c_position) c(chain, actor, key, mac, answer, seq, position)
      cross join lateral (select h_org[c.chain] as org) o
     where c.key is not null and refused[c.chain] is null;

    if cardinality(k_chain) > 0 then
      insert into subject_key (shard, org_id, subject_id, wrapped, stream_type, stream_id)
      -- A stream of another chain has a type and no id, which the table refuses.
      select o_shard[h_org[k.chain]], o_id[h_org[k.chain]], k.subject, k.wrapped, s_type[k.stream],
             case when s_chain[k.stream] = k.chain then s_id[k.stream] end
        from unnest(k_chain, k_subject, k_wrapped, k_stream) k(chain, subject, wrapped, stream)
       where refused[k.chain] is null;
    end if;
    if cardinality(d_chain) > 0 then
      insert into subject_stream (shard, org_id, subject_id, stream_type, stream_id)
      select o_shard[h_org[d.chain]], o_id[h_org[d.chain]], d.subject, s_type[d.stream], case when s_chain[d.stream] = d.chain then s_id[d.stream] end
        from unnest(d_chain, d_subject, d_stream) d(chain, subject, stream)
       where refused[d.chain] is null
         and (select (k.stream_type, k.stream_id) is distinct from (s_type[d.stream], s_id[d.stream]) from subject_key k
               where k.shard = o_shard[h_org[d.chain]] and k.org_id = o_id[h_org[d.chain]] and k.subject_id = d.subject limit 1)
             is not false
          on conflict do nothing;
    end if;
    if cardinality(f_chain) > 0 then
      -- A tombstone even for somebody without a key, so that none is ever made.
      insert into subject_key (shard, org_id, subject_id)
      select o_shard[h_org[f.chain]], o_id[h_org[f.chain]], f.subject from unnest(f_chain, f_subject) f(chain, subject)
       where refused[f.chain] is null
          on conflict (shard, subject_id, org_id) do update set wrapped = null;
    end if;

    return query
    select c.n::int, coalesce(refused[c.chain], 'appended'), o_shard[o.org], epochs[places[o.org]], c_seq[c.n], c_position[c.n], times[places[o.org]]
      from unnest(c_chain) with ordinality c(chain, n)
      cross join lateral (select h_org[c.chain] as org) o
     order by c.n;
  end $$;

comment on function app.append is 'Appends chains of commands of many orgs in one transaction, with a verdict for each chain.';
revoke execute on function app.append from public;
grant execute on function app.append to xentri_app;

set local role xentri_owner;
revoke create on schema app from xentri_appender;
