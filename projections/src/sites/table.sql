-- The sites of an org, and how many are in which state.

create table sites_v1_template (
  org_id           uuid        not null,
  id               uuid        not null,
  version          bigint      not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  name             text        not null,
  slug             text        not null collate "C",
  state            text        not null collate "C",
  publish_id       uuid,
  publishing_since timestamptz,
  complete_by      timestamptz,
  published_at     timestamptz,
  url              text        collate "C",
  build_id         text        collate "C",
  publish_error    text,
  primary key (org_id, id)
);
create index on sites_v1_template (org_id, created_at, id);
create index on sites_v1_template (org_id, slug, id);
create index on sites_v1_template (org_id, complete_by, id) where complete_by is not null;

comment on table sites_v1_template is 'A site as lists and pages show it.';
comment on column sites_v1_template.org_id is 'The tenant.';
comment on column sites_v1_template.id is 'The site''s stream.';
comment on column sites_v1_template.version is 'Of the stream, for If-Match.';
comment on column sites_v1_template.created_at is 'When its first event was recorded.';
comment on column sites_v1_template.updated_at is 'When its last event was recorded.';
comment on column sites_v1_template.name is 'What people call it.';
comment on column sites_v1_template.slug is 'One site of the org has it.';
comment on column sites_v1_template.state is 'ready, publishing.';
comment on column sites_v1_template.publish_id is 'The publishing under way.';
comment on column sites_v1_template.publishing_since is 'When that began, as the ledger recorded it.';
comment on column sites_v1_template.complete_by is 'When that has failed unless it has ended.';
comment on column sites_v1_template.published_at is 'When it went live last, as the ledger recorded it.';
comment on column sites_v1_template.url is 'Where visitors find it, once it is live.';
comment on column sites_v1_template.build_id is 'Of what they find there.';
comment on column sites_v1_template.publish_error is 'Why the last publishing failed; null when it did not, or another is under way.';

create table site_counts_v1_template (
  org_id uuid   not null,
  id     uuid   not null,
  state  text   not null collate "C",
  sites  bigint not null,
  primary key (org_id, id)
);

comment on table site_counts_v1_template is 'Sites by state.';
comment on column site_counts_v1_template.org_id is 'The tenant.';
comment on column site_counts_v1_template.id is 'Of the state.';
comment on column site_counts_v1_template.state is 'As in sites.';
comment on column site_counts_v1_template.sites is 'How many.';
