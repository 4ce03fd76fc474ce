-- The brief of an org, as it reads now and as it was approved.

create table briefs_v1_template (
  org_id           uuid        not null,
  id               uuid        not null,
  version          bigint      not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  state            text        not null collate "C",
  sections         jsonb       not null,
  approved         jsonb,
  approved_version bigint,
  approved_at      timestamptz,
  proposals        jsonb       not null,
  answers          jsonb       not null,
  answer_count     bigint      not null,
  primary key (org_id, id)
);

comment on table briefs_v1_template is 'The brief of an org: one row at the most.';
comment on column briefs_v1_template.org_id is 'The tenant.';
comment on column briefs_v1_template.id is 'The brief''s stream, which follows from the org.';
comment on column briefs_v1_template.version is 'Of the stream, for If-Match.';
comment on column briefs_v1_template.created_at is 'When it was started, as the ledger recorded it.';
comment on column briefs_v1_template.updated_at is 'When its last event was recorded.';
comment on column briefs_v1_template.state is 'initiated, conversing, drafting, review_pending, editing, approved.';
comment on column briefs_v1_template.sections is 'As they read now: content by section.';
comment on column briefs_v1_template.approved is 'As they read at the last approval, which is the strategy that holds.';
comment on column briefs_v1_template.approved_version is 'Of the stream, at the last approval.';
comment on column briefs_v1_template.approved_at is 'When the last approval was recorded.';
comment on column briefs_v1_template.proposals is 'Neither accepted nor rejected, at most one a section: id, section, content, agent, proposed_at, expires_at. One that has expired is there until its section gets another.';
comment on column briefs_v1_template.answers is 'The last 50, in their order: question, answer, recorded_at.';
comment on column briefs_v1_template.answer_count is 'How many were given; the stream has them all.';
