-- The leads of an org as lists and pages show them, and how many there are in which state, worth how much.

create table leads_v1_template (
  org_id            uuid        not null,
  id                uuid        not null,
  version           bigint      not null,
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  state             text        not null collate "C",
  source            text        not null collate "C",
  name              text,
  email             text        collate "C",
  phone             text        collate "C",
  company           text,
  search            text        not null collate "C",
  forgotten         boolean     not null,
  value_amount      bigint,
  value_currency    text        collate "C",
  owner             uuid,
  score             integer,
  proposal_until    date,
  follow_ups        jsonb       not null,
  primary key (org_id, id)
);
create index on leads_v1_template (org_id, created_at, id);
create index on leads_v1_template (org_id, state, created_at, id);
create index on leads_v1_template (org_id, owner, created_at, id);
create index on leads_v1_template (org_id, search, id);

comment on table leads_v1_template is 'A lead as lists and pages show it.';
comment on column leads_v1_template.org_id is 'The tenant.';
comment on column leads_v1_template.id is 'The lead''s stream.';
comment on column leads_v1_template.version is 'Of the stream, for If-Match.';
comment on column leads_v1_template.created_at is 'When it was captured, as the ledger recorded it.';
comment on column leads_v1_template.updated_at is 'When its last event was recorded.';
comment on column leads_v1_template.state is 'new, contacted, qualified, proposal, won, lost, disqualified.';
comment on column leads_v1_template.source is 'form, import, manual.';
comment on column leads_v1_template.name is 'Personal; null once forgotten.';
comment on column leads_v1_template.email is 'Personal; null once forgotten.';
comment on column leads_v1_template.phone is 'Personal; null once forgotten.';
comment on column leads_v1_template.company is 'Where the person works.';
comment on column leads_v1_template.search is 'Name, or else company, in lower case: searched by prefix.';
comment on column leads_v1_template.forgotten is 'Whether the person has been forgotten.';
comment on column leads_v1_template.value_amount is 'In minor units.';
comment on column leads_v1_template.value_currency is 'ISO 4217.';
comment on column leads_v1_template.owner is 'The user who works on it.';
comment on column leads_v1_template.score is '0 to 100, once it is qualified.';
comment on column leads_v1_template.proposal_until is 'How long the proposal that counts is valid.';
comment on column leads_v1_template.follow_ups is 'The open ones, by when they are due: id and due_at.';

create table pipeline_v1_template (
  org_id   uuid   not null,
  id       uuid   not null,
  state    text   not null collate "C",
  currency text   not null collate "C",
  leads    bigint not null,
  amount   bigint not null,
  primary key (org_id, id)
);

comment on table pipeline_v1_template is 'Leads by state and currency.';
comment on column pipeline_v1_template.org_id is 'The tenant.';
comment on column pipeline_v1_template.id is 'Of state and currency.';
comment on column pipeline_v1_template.state is 'As in leads.';
comment on column pipeline_v1_template.currency is 'ISO 4217; empty for leads without a value.';
comment on column pipeline_v1_template.leads is 'How many.';
comment on column pipeline_v1_template.amount is 'Their values together, in minor units.';
