-- One request for money with a lifetime: retail, fuel and top-up alike. PaymentLifetime.cs has the table of what may
-- follow what; amounts asked for never change.
create table payment (
    id             uuid primary key,
    seq            bigint generated always as identity unique,
    kind           text not null check (kind in ('retail', 'fuel', 'top_up')),
    person         uuid not null,
    payee          text not null,
    payee_account  text not null,
    station        text,
    method         text not null,
    amount_minor   bigint not null check (amount_minor > 0),
    currency       text not null,
    state          text not null check (state in
        ('created', 'awaiting', 'authorised', 'captured', 'expired', 'cancelled', 'failed', 'refunded')),
    captured_minor bigint not null check (captured_minor >= 0),
    refunded_minor bigint not null check (refunded_minor between 0 and captured_minor),
    exception      text check (exception in ('late', 'partial', 'over')),
    dispute        text check (dispute in ('open', 'won', 'lost')),
    dispute_reason text,
    captures_later boolean not null,
    sighting       uuid,
    hold           uuid,
    capture        uuid,
    version        int not null,
    created_at     timestamptz not null,
    due_at         timestamptz,
    authorised_at  timestamptz,
    captured_at    timestamptz
);
create index payment_person on payment (person, seq);
-- A sighting pays once.
create unique index payment_sighting on payment (sighting) where sighting is not null;
create index payment_due on payment (due_at) where due_at is not null;
create index payment_dispute on payment (seq) where dispute = 'open';
