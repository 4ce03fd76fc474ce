-- What a user chose for themselves in an org. No event: nobody asks later who looked where, and nothing is folded from it. The
-- app writes the table itself, one row a user, and a row that would say the same again is left alone.

create table user_preference (
  shard      integer     not null check (shard >= 0),
  org_id     uuid        not null,
  user_id    uuid        not null,
  last_scope text        not null collate "C" check (length(last_scope) between 1 and 100),
  changed_at timestamptz not null default now(),
  primary key (shard, org_id, user_id)
);

comment on table user_preference is 'What a user chose for themselves in an org; no event is made of it.';
comment on column user_preference.shard is 'The org''s shard.';
comment on column user_preference.org_id is 'The tenant.';
comment on column user_preference.user_id is 'Whose it is.';
comment on column user_preference.last_scope is 'The Pulse scope that the user looked at last, as in module.leads; one with several top scopes lands there.';
comment on column user_preference.changed_at is 'When it was written last.';

alter table user_preference enable row level security, force row level security;
create policy app_reads_its_org on user_preference for select to xentri_app using (org_id = app.current_org());
create policy app_inserts_for_its_org on user_preference for insert to xentri_app with check (org_id = app.current_org());
create policy app_updates_its_org on user_preference for update to xentri_app
  using (org_id = app.current_org()) with check (org_id = app.current_org());
grant select, insert, update on user_preference to xentri_app;
