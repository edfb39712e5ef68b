-- Runs of the reconciliation, kept for ever: what was compared, and everything that did not fit, in words with ids.
create table reconciliation (
    id           uuid primary key,
    seq          bigint generated always as identity unique,
    requested_by text not null,
    requested_at timestamptz not null,
    from_at      timestamptz not null,
    to_at        timestamptz not null,
    state        text not null default 'waiting' check (state in ('waiting', 'done')),
    -- How many there were; at most the first thousand are kept.
    found        bigint,
    differences  jsonb,
    duration_ms  bigint,
    ended_at     timestamptz,
    check (from_at < to_at),
    check ((state = 'done') = (found is not null and differences is not null and duration_ms is not null
        and ended_at is not null))
);
create index reconciliation_waiting on reconciliation (seq) where state = 'waiting';
