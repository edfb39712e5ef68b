create table retail_merchant (
    id   text primary key,
    name text not null
);

-- A till is a station; here stands whose money it takes.
create table retail_till (
    id       text primary key,
    merchant text not null references retail_merchant
);

create table retail_payment (
    id           uuid primary key,
    seq          bigint generated always as identity,
    person       uuid not null,
    merchant     text not null references retail_merchant,
    till         text not null references retail_till,
    amount_minor bigint not null check (amount_minor > 0),
    currency     text not null,
    status       text not null
                 check (status in ('captured', 'awaiting_confirmation', 'refused', 'expired', 'refunded')),
    -- The sighting that paid; a sighting pays once.
    sighting     uuid unique,
    -- What is set aside while the payer is asked.
    hold         uuid,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    captured_at  timestamptz
);
create index retail_payment_person on retail_payment (person, seq);
create index retail_payment_seq on retail_payment (seq);
create index retail_payment_awaiting on retail_payment (expires_at) where status = 'awaiting_confirmation';
