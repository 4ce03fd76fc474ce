-- Which user has dismissed which item.

create table pulse_dismissals_v1_template (
  org_id     uuid        not null,
  id         uuid        not null,
  user_id    uuid        not null,
  item_id    uuid        not null,
  scope      text        not null collate "C",
  version    bigint      not null,
  updated_at timestamptz not null,
  primary key (org_id, id)
);
create index on pulse_dismissals_v1_template (org_id, user_id, item_id);

comment on table pulse_dismissals_v1_template is 'An item that a user no longer wants to see.';
comment on column pulse_dismissals_v1_template.org_id is 'The tenant.';
comment on column pulse_dismissals_v1_template.id is 'Of user and item.';
comment on column pulse_dismissals_v1_template.user_id is 'Out of whose sight it is, and out of nobody else''s.';
comment on column pulse_dismissals_v1_template.item_id is 'The item, whoever or whatever made it.';
comment on column pulse_dismissals_v1_template.scope is 'Where the user saw it.';
comment on column pulse_dismissals_v1_template.version is 'Of the user''s inbox.';
comment on column pulse_dismissals_v1_template.updated_at is 'When it was dismissed.';
