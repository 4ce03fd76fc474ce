-- What is known of read models: their tables, their generations, how far each has come, and which events wait because one
-- could not be folded.
--
-- A generation is a whole copy of a projection's tables. Rows and checkpoint change in one transaction; the checkpoint moves
-- from what the worker believes it to be, so a worker that was replaced changes nothing.

create table projection_table (
  projection text    not null collate "C" check (projection ~ '^[a-z][a-z0-9_]{0,39}$'),
  version    integer not null check (version > 0),
  name       text    not null collate "C" check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
  checksum   text    not null collate "C",
  primary key (projection, version, name)
);

comment on table projection_table is 'The tables of each version of a projection; a template of each stands in schema read.';
comment on column projection_table.projection is 'The projection.';
comment on column projection_table.version is 'Of the projection: raised with its fold or its tables.';
comment on column projection_table.name is 'Of the table, without version and generation.';
comment on column projection_table.checksum is 'Of the SQL that made the template: another under the same version is refused.';

create table projection_generation (
  projection text        not null collate "C",
  version    integer     not null check (version > 0),
  generation integer     not null check (generation > 0),
  state      text        not null collate "C" check (state in ('building', 'sealed', 'live', 'grace', 'dropped')),
  changed_at timestamptz not null default now(),
  primary key (projection, version, generation)
);
create unique index projection_generation_live on projection_generation (projection, version) where state = 'live';

comment on table projection_generation is 'Each copy of a projection''s tables that was ever made.';
comment on column projection_generation.projection is 'The projection.';
comment on column projection_generation.version is 'Of the projection.';
comment on column projection_generation.generation is 'From 1, in the order in which they were made.';
comment on column projection_generation.state is 'building: loaded without row-level security; sealed: whole; live: what readers see; grace: it was live and is still fed; dropped: its tables are gone.';
comment on column projection_generation.changed_at is 'When it came into this state.';

create table projection_checkpoint (
  projection text        not null collate "C",
  version    integer     not null check (version > 0),
  generation integer     not null check (generation > 0),
  shard      integer     not null check (shard >= 0),
  epoch      integer     not null check (epoch >= 0),
  position   bigint      not null check (position >= 0),
  topic_id   text        collate "C",
  topic_offset bigint,
  updated_at timestamptz not null default now(),
  primary key (projection, version, generation, shard)
);

comment on table projection_checkpoint is 'How far a generation has come in each shard.';
comment on column projection_checkpoint.projection is 'The projection, or the reactor.';
comment on column projection_checkpoint.version is 'Of the projection.';
comment on column projection_checkpoint.generation is 'The copy of its tables.';
comment on column projection_checkpoint.shard is 'The shard.';
comment on column projection_checkpoint.epoch is 'Of the last event that was folded or parked.';
comment on column projection_checkpoint.position is 'Of the last event that was folded or parked.';
comment on column projection_checkpoint.topic_id is 'The topic that it came from; null where it came from the ledger.';
comment on column projection_checkpoint.topic_offset is 'The next offset in that topic.';
comment on column projection_checkpoint.updated_at is 'When it moved last.';

create table parked_event (
  org_id         uuid        not null,
  projection     text        not null collate "C",
  version        integer     not null check (version > 0),
  generation     integer     not null check (generation > 0),
  shard          integer     not null check (shard >= 0),
  position       bigint      not null check (position > 0),
  epoch          integer     not null check (epoch > 0),
  event_id       uuid        not null,
  type           text        not null collate "C",
  keys           uuid[]      not null,
  correlation_id text        collate "C",
  error          text,
  parked_at      timestamptz not null default now(),
  primary key (org_id, projection, version, generation, shard, position)
);
create index parked_event_order on parked_event (projection, version, generation, shard, position);

comment on table parked_event is 'Events that a fold could not take, and those of the same keys that wait behind them.';
comment on column parked_event.org_id is 'The tenant.';
comment on column parked_event.projection is 'The projection.';
comment on column parked_event.version is 'Of the projection.';
comment on column parked_event.generation is 'The copy of its tables.';
comment on column parked_event.shard is 'The shard.';
comment on column parked_event.position is 'Of the event: the order in which they wait.';
comment on column parked_event.epoch is 'Of the event.';
comment on column parked_event.event_id is 'The event, which is in the ledger; its content is not copied.';
comment on column parked_event.type is 'Its type.';
comment on column parked_event.keys is 'The rows that it touches: later events of any of them wait.';
comment on column parked_event.correlation_id is 'What it belongs to, for the alert on three of one.';
comment on column parked_event.error is 'Why it could not be folded; null for those that only wait.';
comment on column parked_event.parked_at is 'When.';

create table parked_discard (
  org_id       uuid        not null,
  projection   text        not null collate "C",
  event_id     uuid        not null,
  reason       text        not null,
  discarded_by text        not null collate "C",
  discarded_at timestamptz not null default now(),
  primary key (org_id, projection, event_id)
);

comment on table parked_discard is 'Events that somebody decided to leave out of a projection: rebuilds leave them out too, and count them.';
comment on column parked_discard.org_id is 'The tenant.';
comment on column parked_discard.projection is 'The projection, in all its versions.';
comment on column parked_discard.event_id is 'The event.';
comment on column parked_discard.reason is 'Why.';
comment on column parked_discard.discarded_by is 'Who.';
comment on column parked_discard.discarded_at is 'When.';

alter table projection_table enable row level security, force row level security;
alter table projection_generation enable row level security, force row level security;
alter table projection_checkpoint enable row level security, force row level security;
alter table parked_event enable row level security, force row level security;
alter table parked_discard enable row level security, force row level security;

create policy builder_all on projection_table to xentri_builder using (true) with check (true);
create policy everyone_reads on projection_table for select
  to xentri_owner, xentri_app, xentri_worker, xentri_auditor, xentri_analyst using (true);
grant select, insert, update on projection_table to xentri_builder;
grant select on projection_table to xentri_app, xentri_worker, xentri_auditor, xentri_analyst;

create policy builder_all on projection_generation to xentri_builder using (true) with check (true);
create policy everyone_reads on projection_generation for select
  to xentri_app, xentri_worker, xentri_auditor, xentri_analyst using (true);
grant select, insert, update on projection_generation to xentri_builder;
grant select on projection_generation to xentri_app, xentri_worker, xentri_auditor, xentri_analyst;

create policy builder_all on projection_checkpoint to xentri_builder using (true) with check (true);
create policy worker_all on projection_checkpoint to xentri_worker using (true) with check (true);
create policy everyone_reads on projection_checkpoint for select
  to xentri_app, xentri_auditor, xentri_analyst using (true);
grant select, delete on projection_checkpoint to xentri_builder;
grant select, insert, update, delete on projection_checkpoint to xentri_worker;
grant select on projection_checkpoint to xentri_app, xentri_auditor, xentri_analyst;

-- A worker takes up what is parked before it knows of which orgs.
create policy worker_reads_all on parked_event for select to xentri_worker using (true);
create policy worker_inserts_for_its_batch on parked_event for insert to xentri_worker
  with check (org_id = any((select app.current_orgs())::uuid[]));
create policy worker_updates_its_batch on parked_event for update to xentri_worker
  using (org_id = any((select app.current_orgs())::uuid[]));
create policy worker_deletes_its_batch on parked_event for delete to xentri_worker
  using (org_id = any((select app.current_orgs())::uuid[]));
create policy builder_all on parked_event to xentri_builder using (true) with check (true);
create policy app_reads_its_org on parked_event for select to xentri_app using (org_id = app.current_org());
grant select, insert, update, delete on parked_event to xentri_worker;
grant select, delete on parked_event to xentri_builder;
grant select on parked_event to xentri_app;

create policy worker_reads_all on parked_discard for select to xentri_worker using (true);
create policy worker_inserts_for_its_batch on parked_discard for insert to xentri_worker
  with check (org_id = any((select app.current_orgs())::uuid[]));
grant select, insert on parked_discard to xentri_worker;
