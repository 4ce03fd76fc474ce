-- The pages of all sites: what is edited and what is live; and how many of a site are in which state.

create table pages_v1_template (
  org_id        uuid        not null,
  id            uuid        not null,
  version       bigint      not null,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  site_id       uuid        not null,
  state         text        not null collate "C",
  path          text        not null collate "C",
  title         text        not null,
  blocks        jsonb       not null,
  publish_id    uuid,
  publish_error text,
  live_path     text        collate "C",
  live_title    text,
  live_blocks   jsonb,
  live_at       timestamptz,
  url           text        collate "C",
  build_id      text        collate "C",
  primary key (org_id, id)
);
create index on pages_v1_template (org_id, site_id, path, id);
create index on pages_v1_template (org_id, site_id, state, path, id);

comment on table pages_v1_template is 'A page as lists and editors show it. One that is removed has no row; its events stay.';
comment on column pages_v1_template.org_id is 'The tenant.';
comment on column pages_v1_template.id is 'The page''s stream.';
comment on column pages_v1_template.version is 'Of the stream, for If-Match.';
comment on column pages_v1_template.created_at is 'When its first event was recorded.';
comment on column pages_v1_template.updated_at is 'When its last event was recorded.';
comment on column pages_v1_template.site_id is 'The site that it is on.';
comment on column pages_v1_template.state is 'draft, preview, publishing, live, failed.';
comment on column pages_v1_template.path is 'Where it will stand: one page of the site has it.';
comment on column pages_v1_template.title is 'Of what is edited.';
comment on column pages_v1_template.blocks is 'What is edited, from top to bottom, as its events have it.';
comment on column pages_v1_template.publish_id is 'The publishing under way.';
comment on column pages_v1_template.publish_error is 'Why the last publishing failed; null when it did not, or another is under way.';
comment on column pages_v1_template.live_path is 'Where the live version stands.';
comment on column pages_v1_template.live_title is 'Of the live version.';
comment on column pages_v1_template.live_blocks is 'The live version, whatever becomes of the draft.';
comment on column pages_v1_template.live_at is 'When that went live, as the ledger recorded it.';
comment on column pages_v1_template.url is 'Where its site is, with the live version.';
comment on column pages_v1_template.build_id is 'Of the live version.';

create table page_counts_v1_template (
  org_id  uuid   not null,
  id      uuid   not null,
  site_id uuid   not null,
  state   text   not null collate "C",
  pages   bigint not null,
  primary key (org_id, id)
);
create index on page_counts_v1_template (org_id, site_id);

comment on table page_counts_v1_template is 'Pages by site and state.';
comment on column page_counts_v1_template.org_id is 'The tenant.';
comment on column page_counts_v1_template.id is 'Of site and state.';
comment on column page_counts_v1_template.site_id is 'The site.';
comment on column page_counts_v1_template.state is 'As in pages.';
comment on column page_counts_v1_template.pages is 'How many.';
