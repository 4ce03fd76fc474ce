-- An event to which a reactor can't react is parked beside those that a projection can't fold, and is tried again or
-- left out by the same commands. The tables can hold both as they are: a reactor's name has hyphens, which no
-- projection's has, and its version and generation are 1. So only what is said of them changes.

comment on table parked_event is 'Events that a fold could not take, or a reactor could not react to, and those of the same keys that wait behind them.';
comment on column parked_event.projection is 'The projection, or the reactor.';
comment on column parked_event.version is 'Of the projection; 1 of a reactor.';
comment on column parked_event.generation is 'The copy of its tables; 1 of a reactor.';
comment on column parked_event.keys is 'The rows that it touches, or the stream on which a reactor would answer: later events of any of them wait.';
comment on column parked_event.error is 'Why it could not be folded or reacted to; null for those that only wait.';

comment on table parked_discard is 'Events that somebody decided to leave out of a projection, or unanswered by a reactor: rebuilds leave them out too, and count them.';
comment on column parked_discard.projection is 'The projection, in all its versions, or the reactor.';
