-- The org with its settings.

create table orgs_v1_template (
  org_id         uuid        not null,
  id             uuid        not null,
  version        bigint      not null,
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  name           text        not null,
  external_id    text        collate "C",
  time_zone      text        not null collate "C",
  currency       text        not null collate "C",
  language       text        not null collate "C",
  invoice_prefix text        not null collate "C",
  primary key (org_id, id)
);

comment on table orgs_v1_template is 'The org with its settings: each sees one row, its own.';
comment on column orgs_v1_template.org_id is 'The tenant.';
comment on column orgs_v1_template.id is 'The same: an org''s stream has its id.';
comment on column orgs_v1_template.version is 'Of the stream, for If-Match.';
comment on column orgs_v1_template.created_at is 'When its first event was recorded.';
comment on column orgs_v1_template.updated_at is 'When its last event was recorded.';
comment on column orgs_v1_template.name is 'What people call it.';
comment on column orgs_v1_template.external_id is 'What the identity provider calls it.';
comment on column orgs_v1_template.time_zone is 'IANA name: decides on which day something happens.';
comment on column orgs_v1_template.currency is 'ISO 4217: for new invoices that name none.';
comment on column orgs_v1_template.language is 'ISO 639-1.';
comment on column orgs_v1_template.invoice_prefix is 'Begins every invoice number.';
