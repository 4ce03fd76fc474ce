-- Every event of an org, for its history and for the timeline of one stream. Each way of asking has an index in the order of
-- org_seq, so that a page of it is a range of one.

create table audit_v1_template (
  org_id         uuid        not null,
  id             uuid        not null,
  org_seq        bigint      not null,
  stream_type    text        not null collate "C",
  stream_id      uuid        not null,
  version        bigint      not null,
  event_type     text        not null collate "C",
  context        text        not null collate "C",
  actor_type     text        not null collate "C",
  actor_id       text        not null collate "C",
  correlation_id uuid,
  causation_id   uuid,
  occurred_at    timestamptz not null,
  recorded_at    timestamptz not null,
  source         text        not null collate "C",
  command        text        not null collate "C",
  reason         text,
  on_behalf_of   uuid,
  primary key (org_id, id)
);
create index on audit_v1_template (org_id, org_seq);
create index on audit_v1_template (org_id, stream_id, stream_type, org_seq);
create index on audit_v1_template (org_id, event_type, org_seq);
create index on audit_v1_template (org_id, actor_id, actor_type, org_seq);
create index on audit_v1_template (org_id, correlation_id, org_seq) where correlation_id is not null;

comment on table audit_v1_template is 'An event: what happened to what, when, through whom and why. What it says stays in the ledger.';
comment on column audit_v1_template.org_id is 'The tenant.';
comment on column audit_v1_template.id is 'The event.';
comment on column audit_v1_template.org_seq is 'Its place in the org, gapless.';
comment on column audit_v1_template.stream_type is 'What kind of stream: lead, invoice, slug …';
comment on column audit_v1_template.stream_id is 'The stream within its type.';
comment on column audit_v1_template.version is 'Its place in the stream.';
comment on column audit_v1_template.event_type is 'Such as xentri.lead.created.v1.';
comment on column audit_v1_template.context is 'core, strategy, sales, finance, brand, pulse.';
comment on column audit_v1_template.actor_type is 'user, system, job, agent.';
comment on column audit_v1_template.actor_id is 'Unique within the type of actor.';
comment on column audit_v1_template.correlation_id is 'Shared by everything that one request set off.';
comment on column audit_v1_template.causation_id is 'The event that led to this one.';
comment on column audit_v1_template.occurred_at is 'When it took place, as far as its author knows.';
comment on column audit_v1_template.recorded_at is 'When the ledger took it.';
comment on column audit_v1_template.source is 'What took the command in: api, job, reactor.';
comment on column audit_v1_template.command is 'The command that was decided, as in lead.capture.';
comment on column audit_v1_template.reason is 'In the words of whoever gave the command; never personal.';
comment on column audit_v1_template.on_behalf_of is 'The user for whom the actor acted.';
