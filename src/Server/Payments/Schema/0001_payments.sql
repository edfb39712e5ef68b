-- A top-up's lifetime: created -> provider_pending -> credited | failed. Amounts never change.
create table top_up (
    id                  uuid primary key,
    person_id           uuid not null,
    provider            text not null,
    -- The provider's own number of the payment object, known once it was asked to take the money.
    provider_payment_id text,
    amount_minor        bigint not null check (amount_minor > 0),
    currency            text not null,
    state               text not null check (state in ('created', 'provider_pending', 'credited', 'failed')),
    -- Why people have to look at it, for instance amount_mismatch; the state stays as it is.
    exception           text,
    polls               int not null default 0,
    poll_at             timestamptz not null,
    created_at          timestamptz not null,
    settled_at          timestamptz,
    unique (provider, provider_payment_id)
);
create index top_up_person on top_up (person_id, id);
create index top_up_open on top_up (poll_at) where state in ('created', 'provider_pending');

-- What providers sent, exactly as it came, before anything is done with it.
create table provider_inbox (
    source       text not null,
    event_id     text not null,
    raw          bytea not null,
    received_at  timestamptz not null,
    -- new -> done | ignored | exception
    state        text not null default 'new',
    note         text,
    attempts     int not null default 0,
    next_at      timestamptz not null,
    processed_at timestamptz,
    primary key (source, event_id)
);
create index provider_inbox_new on provider_inbox (next_at) where state = 'new';

create table face_spend (
    person_id   uuid not null,
    day         date not null,
    spent_minor bigint not null check (spent_minor >= 0),
    primary key (person_id, day)
);

-- The sandbox provider's own books. Nothing but the sandbox reads them.
create table sandbox_payment (
    id           text primary key,
    reference    uuid not null unique,
    amount_minor bigint not null,
    currency     text not null,
    status       text not null,
    created_at   timestamptz not null
);
create table sandbox_event (
    id           text primary key,
    payment_id   text not null references sandbox_payment,
    body         bytea not null,
    attempts     int not null default 0,
    next_at      timestamptz not null,
    delivered_at timestamptz
);
create index sandbox_event_due on sandbox_event (next_at) where delivered_at is null;
