-- What stands beside the events: the receipt of each command that came with an idempotency key, written in the same
-- transaction as its events, and snapshots of long streams, written later and free to be lost.

create table receipt (
  shard         integer     not null check (shard >= 0),
  org_id        uuid        not null,
  actor         text        not null collate "C" check (length(actor) <= 255),
  key           text        not null collate "C" check (length(key) between 1 and 255),
  mac           bytea       not null check (octet_length(mac) = 32),
  answer        text        not null,
  epoch         integer     not null,
  first_org_seq bigint,
  last_position bigint,
  recorded_at   timestamptz not null,
  primary key (shard, key, actor, org_id)
);

comment on table receipt is 'First answers of commands, by idempotency key; removed after seven days.';
comment on column receipt.shard is 'The org''s shard.';
comment on column receipt.org_id is 'The tenant.';
comment on column receipt.actor is 'Who sent the command: type and id.';
comment on column receipt.key is 'The Idempotency-Key as sent.';
comment on column receipt.mac is 'HMAC of method, path, If-Match and canonical body: the same key with another body is refused.';
comment on column receipt.answer is 'Ids, versions and status of the first answer; no personal data.';
comment on column receipt.epoch is 'The epoch of its events.';
comment on column receipt.first_org_seq is 'The org_seq of its first event; null when it made none.';
comment on column receipt.last_position is 'The position of its last event; null when it made none.';
comment on column receipt.recorded_at is 'The recorded_at of its events.';

alter table receipt enable row level security, force row level security;
create policy app_reads_its_org on receipt for select to xentri_app using (org_id = app.current_org());
-- The append probes by the org itself; a comparison with the whole batch would cost and change nothing.
create policy appender_reads_all on receipt for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on receipt for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
create policy worker_clears_old_ones on receipt for delete to xentri_worker using (true);
create policy worker_finds_old_ones on receipt for select to xentri_worker using (true);
grant select on receipt to xentri_app, xentri_appender;
grant insert on receipt to xentri_appender;
grant delete on receipt to xentri_worker;
-- Enough to find what is old, not to read an answer. By ctid the table is cleared some blocks at a time, whatever its size.
grant select (shard, org_id, actor, key, recorded_at, ctid) on receipt to xentri_worker;

create table snapshot (
  shard        integer     not null check (shard >= 0),
  org_id       uuid        not null,
  stream_type  text        not null collate "C",
  stream_id    uuid        not null,
  version      integer     not null check (version > 0),
  fold_version integer     not null check (fold_version > 0),
  state        bytea       not null,
  created_at   timestamptz not null default now(),
  primary key (shard, org_id, stream_type, stream_id)
);

comment on table snapshot is 'The state of a long stream at some version, so that loading it need not read it whole.';
comment on column snapshot.shard is 'The org''s shard.';
comment on column snapshot.org_id is 'The tenant.';
comment on column snapshot.stream_type is 'The stream''s type.';
comment on column snapshot.stream_id is 'The stream within its type.';
comment on column snapshot.version is 'The stream version that the state includes.';
comment on column snapshot.fold_version is 'The version of the fold that made it; another fold ignores it.';
comment on column snapshot.state is 'The encoded state, personal fields sealed.';
comment on column snapshot.created_at is 'When it was written.';

alter table snapshot enable row level security, force row level security;
create policy app_keeps_its_orgs on snapshot to xentri_app
  using (org_id = app.current_org()) with check (org_id = app.current_org());
grant select, insert, update, delete on snapshot to xentri_app;
