-- The ledger itself: one insert-only table, and the epochs that order it after a restore.
--
-- Order is (epoch, position) within a shard, org_seq within an org, version within a stream; all three are gapless.
-- Heads are not rows: they are probed from the ends of the three indexes, because a row that every append updates
-- dies of its own dead versions while one long reader is about.

create table event (
  position    bigint      not null check (position > 0),
  org_seq     bigint      not null check (org_seq > 0),
  recorded_at timestamptz not null,
  shard       integer     not null check (shard >= 0),
  epoch       integer     not null check (epoch > 0),
  version     integer     not null check (version > 0),
  org_id      uuid        not null,
  id          uuid        not null,
  stream_id   uuid        not null,
  stream_type text        not null collate "C",
  type        text        not null collate "C",
  hash        bytea       not null check (octet_length(hash) = 32),
  body        text        not null check (octet_length(body) <= 262144),
  primary key (shard, position),
  constraint event_org_seq unique (shard, org_id, org_seq),
  constraint event_stream_version unique (shard, stream_id, org_id, stream_type, version)
);

comment on table event is 'Every business fact, for ever. Inserted only by the append function; never updated, never deleted.';
comment on column event.position is 'Gapless and in commit order within a shard. Internal: a tenant never sees it.';
comment on column event.org_seq is 'Gapless within an org: the order a tenant sees.';
comment on column event.recorded_at is 'When the ledger took it, UTC, microseconds; never decreasing within a shard.';
comment on column event.shard is 'The unit of write order, of Kafka partitioning and of workers; fixed for an org when it is created.';
comment on column event.epoch is 'Raised after a restore to an earlier point: order is (epoch, position).';
comment on column event.version is 'Gapless within a stream, from 1.';
comment on column event.org_id is 'The tenant.';
comment on column event.id is 'The event''s own id, as in its body.';
comment on column event.stream_id is 'The stream within its type.';
comment on column event.stream_type is 'What kind of stream: lead, invoice, slug …';
comment on column event.type is 'The event type, such as xentri.lead.created.v1.';
comment on column event.hash is 'SHA-256 over the org''s previous hash, epoch, org_seq, recorded_at and the body''s SHA-256.';
comment on column event.body is 'The canonical envelope, the exact bytes that are hashed, sent and exported; personal fields sealed.';

alter table event enable row level security, force row level security;
create policy app_reads_its_org on event for select to xentri_app using (org_id = app.current_org());
create policy relay_reads_all on event for select to xentri_relay using (true);
create policy worker_reads_all on event for select to xentri_worker using (true);
create policy auditor_reads_all on event for select to xentri_auditor using (true);
-- The last position of a shard may be another org's row: the append has to see it.
create policy appender_reads_all on event for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on event for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
grant select on event to xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_appender;
grant insert on event to xentri_appender;

create function app.refuse_change() returns trigger
  language plpgsql
  as $$
  begin
    raise exception '% on % is refused: a recorded event never changes', tg_op, tg_table_name
      using errcode = 'insufficient_privilege';
  end $$;
comment on function app.refuse_change() is 'Refuses update, delete and truncate to everyone, the owner too.';
revoke execute on function app.refuse_change() from public;

create trigger event_never_changes
  before update or delete or truncate on event
  for each statement execute function app.refuse_change();
-- Else session_replication_role = replica would switch it off.
alter table event enable always trigger event_never_changes;

create table ledger_epoch (
  epoch      integer     not null check (epoch > 0),
  shard      integer     not null check (shard >= 0),
  start      bigint      not null check (start >= 0),
  started_at timestamptz not null default now(),
  primary key (epoch, shard)
);

comment on table ledger_epoch is 'Where each epoch began. Events of older epochs above start never happened; consumers drop them.';
comment on column ledger_epoch.epoch is 'The epoch.';
comment on column ledger_epoch.shard is 'The shard.';
comment on column ledger_epoch.start is 'The last position of the shard when the epoch began.';
comment on column ledger_epoch.started_at is 'When it began.';

alter table ledger_epoch enable row level security, force row level security;
create policy owner_all on ledger_epoch to xentri_owner using (true) with check (true);
create policy everyone_reads on ledger_epoch for select
  to xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_appender using (true);
grant select on ledger_epoch to xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_appender;
