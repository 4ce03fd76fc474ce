-- The append: the one way into the ledger.
--
-- One call takes the commands of many orgs that wait in one process, on one shard or several of a database, and commits them
-- together; nothing but this call runs under the shard's lock, so a client that stops stalls nobody. Commands that share a stream
-- form a chain, which is appended whole or not at all; every chain has a verdict of its own, so that one that comes too late never
-- fails its neighbours.
--
-- Taking the lock and reading the heads are statements of their own: in one statement the read would see the snapshot from
-- before the wait. Look-ups are probes (limit 1), never joins, so that no plan depends on statistics, which a young table lacks.

create type app.verdict as enum (
  'appended',
  'org_unknown',         -- the org has no key on that shard: never made, or erased
  'key_used',            -- another command came with the idempotency key
  'stale',               -- a stream is not at the version that was expected
  'subject_key_exists',  -- somebody else has made the person's key: seal again with that one
  'subject_forgotten'    -- the person's key is destroyed, and there will be no other
);

comment on type app.verdict is 'What became of a command in a call of app.append.';
revoke usage on type app.verdict from public;
grant usage on type app.verdict to xentri_app, xentri_appender;

-- Made by its owner, who is the one role with the right to insert and may create nothing at any other time.
grant create on schema app to xentri_appender;
set local role xentri_appender;

-- Parameters are columns, one letter for each relation; a number that points into another one counts from 1.
--   o  orgs: id, shard
--   h  chains: their org
--   s  streams of a chain, once each: the version expected before the chain, 0 for a new one
--   c  commands of a chain, in order: with a key, what the receipt keeps
--   e  events of a command, in order: their stream, id, type, body and the body's SHA-256
--   n  keys of new orgs, wrapped by a master key
--   k  keys of new subjects, wrapped by their org's key
--   d  which stream holds data about which subject
create function app.append(
  o_id uuid[], o_shard int[],
  h_org int[],
  s_chain int[], s_type text[], s_id uuid[], s_version int[],
  c_chain int[], c_actor text[], c_key text[], c_mac bytea[], c_answer text[],
  e_command int[], e_stream int[], e_id uuid[], e_type text[], e_body text[], e_digest bytea[],
  n_org int[], n_wrapped bytea[], n_master_key text[],
  k_chain int[], k_subject uuid[], k_wrapped bytea[],
  d_chain int[], d_subject uuid[], d_stream int[]
) returns table (
  command int, verdict app.verdict, shard int, epoch int, first_org_seq bigint, last_position bigint, recorded_at timestamptz
)
  language plpgsql volatile security definer
  set search_path = pg_catalog, public, pg_temp
  set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
  as $$
  #variable_conflict use_column
  declare
    -- By shard, in the order of the locks.
    shards     int[];
    positions  bigint[] := '{}';
    times      timestamptz[] := '{}';
    stamps     bytea[] := '{}';     -- the times as they are hashed
    epochs     int[] := '{}';
    -- By org.
    places     int[];               -- its shard's place in shards
    seqs       bigint[];
    hashes     bytea[];
    -- By chain, command and event; null where the chain is refused.
    refused    app.verdict[] := array_fill(null::app.verdict, array[cardinality(h_org)]);
    c_seq      bigint[] := array_fill(null::bigint, array[cardinality(c_chain)]);
    c_position bigint[] := c_seq;
    e_seq      bigint[] := array_fill(null::bigint, array[cardinality(e_command)]);
    e_position bigint[] := e_seq;
    e_version  int[] := array_fill(null::int, array[cardinality(e_command)]);
    e_hash     bytea[] := array_fill(null::bytea, array[cardinality(e_command)]);
    versions   int[] := s_version;
    this_shard int;
    head       record;
    refusal    record;
    i int; org int; place int; cmd int; stream int;
  begin
    perform set_config('app.current_org_ids', array_to_string(o_id, ','), true);

    -- Always in the same order, so that two calls can't wait for each other.
    select array_agg(distinct x order by x) into shards from unnest(o_shard) x;
    foreach this_shard in array shards loop
      perform pg_advisory_xact_lock(1480937044, this_shard);
    end loop;

    foreach this_shard in array shards loop
      select e.position, e.recorded_at into head from event e where e.shard = this_shard order by e.position desc limit 1;
      positions := positions || coalesce(head.position, 0::bigint);
      times := times || greatest(head.recorded_at, clock_timestamp());
      epochs := epochs || coalesce((select l.epoch from ledger_epoch l where l.shard = this_shard order by l.epoch desc limit 1), 1);
      stamps := stamps || int8send((extract(epoch from times[cardinality(times)]) * 1000000)::bigint);
    end loop;
    select array_agg(array_position(shards, x) order by n) into places from unnest(o_shard) with ordinality u(x, n);

    insert into org_key (org_id, shard, wrapped, master_key)
    select o_id[n.org], o_shard[n.org], n.wrapped, n.master_key from unnest(n_org, n_wrapped, n_master_key) n(org, wrapped, master_key);

    for refusal in
      select h.chain, 'org_unknown'::app.verdict as why, 1 as rank from unnest(h_org) with ordinality h(org, chain)
       where o_shard[h.org] is distinct from
             (select k.shard from org_key k where k.org_id = o_id[h.org] and k.wrapped is not null limit 1)
      union all
      select c.chain, 'key_used', 2 from unnest(c_chain, c_actor, c_key) c(chain, actor, key)
       where c.key is not null and
             (select true from receipt r where r.shard = o_shard[h_org[c.chain]] and r.org_id = o_id[h_org[c.chain]]
                 and r.actor = c.actor and r.key = c.key limit 1)
      union all
      select s.chain, 'stale', 3 from unnest(s_chain, s_type, s_id, s_version) s(chain, type, id, version)
       where s.version <> coalesce(
             (select e.version from event e where e.shard = o_shard[h_org[s.chain]] and e.org_id = o_id[h_org[s.chain]]
                 and e.stream_type = s.type and e.stream_id = s.id order by e.version desc limit 1), 0)
      union all
      select k.chain, case when found.wrapped is null then 'subject_forgotten' else 'subject_key_exists' end::app.verdict, 4
        from unnest(k_chain, k_subject) k(chain, subject)
        cross join lateral (select x.wrapped from subject_key x where x.shard = o_shard[h_org[k.chain]]
                                and x.org_id = o_id[h_org[k.chain]] and x.subject_id = k.subject limit 1) found
       order by rank
    loop
      -- The first reason stands: a key that is used says more than the stale version that comes with it.
      refused[refusal.chain] := coalesce(refused[refusal.chain], refusal.why);
    end loop;

    select array_agg(coalesce(h.org_seq, 0) order by o.n), array_agg(coalesce(h.hash, decode(repeat('00', 32), 'hex')) order by o.n)
      into seqs, hashes
      from unnest(o_id, o_shard) with ordinality o(id, shard, n)
      left join lateral (select e.org_seq, e.hash from event e where e.shard = o.shard and e.org_id = o.id
                         order by e.org_seq desc limit 1) h on true;

    for i in 1 .. cardinality(e_command) loop
      cmd := e_command[i];
      continue when refused[c_chain[cmd]] is not null;
      org := h_org[c_chain[cmd]];
      place := places[org];
      stream := e_stream[i];
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

    insert into subject_key (shard, org_id, subject_id, wrapped)
    select o_shard[h_org[k.chain]], o_id[h_org[k.chain]], k.subject, k.wrapped
      from unnest(k_chain, k_subject, k_wrapped) k(chain, subject, wrapped)
     where refused[k.chain] is null;

    insert into subject_stream (shard, org_id, subject_id, stream_type, stream_id)
    select o_shard[h_org[d.chain]], o_id[h_org[d.chain]], d.subject, s_type[d.stream], s_id[d.stream]
      from unnest(d_chain, d_subject, d_stream) d(chain, subject, stream)
     where refused[d.chain] is null
        on conflict do nothing;

    return query
    select c.n::int, coalesce(refused[c.chain], 'appended'), o_shard[o.org], epochs[places[o.org]], c.seq, c.position, times[places[o.org]]
      from unnest(c_chain, c_seq, c_position) with ordinality c(chain, seq, position, n)
      cross join lateral (select h_org[c.chain] as org) o
     order by c.n;
  end $$;

comment on function app.append is 'Appends chains of commands of many orgs in one transaction, with a verdict for each.';
revoke execute on function app.append from public;
grant execute on function app.append to xentri_app;

set local role xentri_owner;
revoke create on schema app from xentri_appender;
