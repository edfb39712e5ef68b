create table outbox (
    seq     bigint generated always as identity primary key,
    topic   text not null,
    kind    text not null,
    payload jsonb not null,
    at      timestamptz not null
);
create index outbox_at on outbox (at);

-- One-time tickets of the live feed; only SHA-256 of a ticket is kept.
create table live_ticket (
    hash       bytea primary key,
    person_id  uuid not null,
    topics     text[] not null,
    expires_at timestamptz not null
);
