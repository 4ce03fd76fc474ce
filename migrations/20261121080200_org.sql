-- The directory: which orgs there are, on which shard each lives, and the settings that decisions need.
--
-- It stands in the first database of the shard map. A row is reserved as creating, becomes active with the org's
-- first append, and reads as unknown until then.

create table org (
  org_id         uuid        not null primary key,
  shard          integer     not null check (shard >= 0),
  status         text        not null default 'creating' collate "C" check (status in ('creating', 'active', 'erased')),
  external_id    text        unique collate "C" check (length(external_id) between 1 and 255),
  time_zone      text        not null collate "C" check (length(time_zone) between 1 and 64),
  currency       text        not null collate "C" check (currency ~ '^[A-Z]{3}$'),
  language       text        not null collate "C" check (language in ('en', 'es')),
  invoice_prefix text        not null default 'INV' collate "C" check (length(invoice_prefix) between 1 and 16),
  created_at     timestamptz not null default now()
);

comment on table org is 'The directory of orgs. Written only through functions of the appender.';
comment on column org.org_id is 'The tenant.';
comment on column org.shard is 'Chosen when the org is created, fixed for ever.';
comment on column org.status is 'creating: reserved, reads as unknown; active: its first event is recorded; erased: its key is destroyed.';
comment on column org.external_id is 'The identity provider''s name for the org, such as org_2ab….';
comment on column org.time_zone is 'IANA name; decides an invoice''s year and due date.';
comment on column org.currency is 'ISO 4217, the default for new invoices.';
comment on column org.language is 'The default language of what the org''s people read.';
comment on column org.invoice_prefix is 'Begins every invoice number, as in INV-2026-000042.';
comment on column org.created_at is 'When the row was last reserved.';

alter table org enable row level security, force row level security;
create policy app_reads_its_org on org for select to xentri_app using (org_id = app.current_org());
create policy relay_reads_all on org for select to xentri_relay using (true);
create policy worker_reads_all on org for select to xentri_worker using (true);
create policy auditor_reads_all on org for select to xentri_auditor using (true);
create policy appender_reads_all on org for select to xentri_appender using (true);
create policy appender_inserts_for_its_batch on org for insert to xentri_appender
  with check (org_id = any((select app.current_orgs())::uuid[]));
create policy appender_updates_for_its_batch on org for update to xentri_appender
  using (org_id = any((select app.current_orgs())::uuid[]));
grant select on org to xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_appender;
grant insert, update on org to xentri_appender;
