-- Keys of personal data. A subject's key lies under its org's key, which lies under the master key outside the
-- database. Destroying a key (wrapped becomes null, the row stays as a tombstone) forgets the person or the org;
-- the tombstone keeps a later append from making a fresh key.

create table org_key (
  org_id     uuid        not null primary key,
  shard      integer     not null check (shard >= 0),
  wrapped    bytea,
  master_key text        not null collate "C",
  created_at timestamptz not null default now()
);

comment on table org_key is 'One key per org, wrapped by the master key.';
comment on column org_key.org_id is 'The tenant.';
comment on column org_key.shard is 'The org''s shard.';
comment on column org_key.wrapped is 'The key under the master key; null once the org is erased.';
comment on column org_key.master_key is 'Names the master key that wraps it, so that a rotation knows what is left to do.';
comment on column org_key.created_at is 'When it was made.';

alter table org_key enable row level security, force row level security;
create policy app_reads_its_org on org_key for select to xentri_app using (org_id = app.current_org());
create policy worker_reads_all on org_key for select to xentri_worker using (true);
-- The append probes by the org itself; a comparison with the whole batch would cost and change nothing.
create policy appender_reads_all on org_key for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on org_key for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
create policy appender_updates_for_its_batch on org_key for update to xentri_appender
  using (org_id = any((select app.current_orgs())::uuid[]));
grant select on org_key to xentri_app, xentri_worker, xentri_appender;
grant insert, update on org_key to xentri_appender;

create table subject_key (
  shard      integer     not null check (shard >= 0),
  org_id     uuid        not null,
  subject_id uuid        not null,
  wrapped    bytea,
  stream_type text       collate "C",
  stream_id  uuid,
  created_at timestamptz not null default now(),
  primary key (shard, subject_id, org_id),
  check ((stream_type is null) = (stream_id is null))
);

comment on table subject_key is 'One key per person whom data is about, written with the person''s first event.';
comment on column subject_key.shard is 'The org''s shard.';
comment on column subject_key.org_id is 'The tenant.';
comment on column subject_key.subject_id is 'The person.';
comment on column subject_key.wrapped is 'The key under the org''s key; null once the person is forgotten.';
comment on column subject_key.stream_type is 'The type of the first stream that held data about the person; null where it came without one.';
comment on column subject_key.stream_id is 'The first stream that held data about the person: most people are in no other, and need no row elsewhere.';
comment on column subject_key.created_at is 'When it was made.';

alter table subject_key enable row level security, force row level security;
create policy app_reads_its_org on subject_key for select to xentri_app using (org_id = app.current_org());
create policy worker_reads_all on subject_key for select to xentri_worker using (true);
create policy appender_reads_all on subject_key for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on subject_key for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
create policy appender_updates_for_its_batch on subject_key for update to xentri_appender
  using (org_id = any((select app.current_orgs())::uuid[]));
grant select on subject_key to xentri_app, xentri_worker, xentri_appender;
grant insert, update on subject_key to xentri_appender;

create table subject_stream (
  shard       integer not null check (shard >= 0),
  org_id      uuid    not null,
  subject_id  uuid    not null,
  stream_type text    not null collate "C",
  stream_id   uuid    not null,
  primary key (shard, subject_id, org_id, stream_type, stream_id)
);

comment on table subject_stream is 'Which streams hold data about a person, beside the first, which stands with the key: forgetting names them, so that folds can find their rows.';
comment on column subject_stream.shard is 'The org''s shard.';
comment on column subject_stream.org_id is 'The tenant.';
comment on column subject_stream.subject_id is 'The person.';
comment on column subject_stream.stream_type is 'The stream''s type.';
comment on column subject_stream.stream_id is 'The stream within its type.';

alter table subject_stream enable row level security, force row level security;
create policy app_reads_its_org on subject_stream for select to xentri_app using (org_id = app.current_org());
create policy appender_reads_all on subject_stream for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on subject_stream for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
grant select on subject_stream to xentri_app, xentri_appender;
grant insert on subject_stream to xentri_appender;
