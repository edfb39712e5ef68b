create table transit_line (
    id   text primary key,
    name text not null
);

create table transit_stop (
    id      text primary key,
    line    text not null references transit_line,
    ordinal int not null,
    name    text not null,
    -- People who entered here and are still on their way; kept by the ledger's writer alone.
    inside  int not null default 0 check (inside >= 0),
    unique (line, ordinal)
);

create table transit_gate (
    id        text primary key,
    stop      text not null references transit_stop,
    direction text not null check (direction in ('in', 'out')),
    closed    boolean not null default false
);

-- Fares by hops. A journey pays the row that was in force when it began: the latest valid_from up to then.
create table transit_fare (
    line         text not null references transit_line,
    hops         int not null check (hops >= 0),
    valid_from   timestamptz not null,
    amount_minor bigint not null check (amount_minor >= 0),
    primary key (line, hops, valid_from)
);

-- One row per rider is the guard of all their gate events: it is read, planned on and written at its version.
create table transit_rider (
    person     uuid primary key,
    version    bigint not null,
    journey    uuid,
    stop       text,
    entered_at timestamptz,
    hold       uuid,
    hold_minor bigint,
    -- A journey that was closed because it took too long; its exit, if it still comes, is not charged again.
    lapsed     uuid,
    -- The last answer at each gate within the time in which it is repeated.
    recent     jsonb not null,
    check ((journey is null) = (stop is null) and (journey is null) = (entered_at is null)
        and (journey is null) = (hold is null) and (journey is null) = (hold_minor is null))
);
create index transit_rider_open on transit_rider (entered_at) where journey is not null;

create table transit_journey (
    id         uuid primary key,
    seq        bigint generated always as identity,
    person     uuid not null,
    state      text not null check (state in ('open', 'completed', 'incomplete')),
    entry_gate text references transit_gate,
    entry_stop text references transit_stop,
    entry_at   timestamptz,
    exit_gate  text references transit_gate,
    exit_stop  text references transit_stop,
    exit_at    timestamptz,
    fare_minor bigint not null check (fare_minor >= 0),
    -- The part that the wallet could not pay and that is owed.
    owed_minor bigint not null default 0 check (owed_minor >= 0),
    ended_at   timestamptz
);
create unique index transit_journey_one_open on transit_journey (person) where state = 'open';
create index transit_journey_person on transit_journey (person, seq);
create index transit_journey_seq on transit_journey (seq);
create index transit_journey_entry on transit_journey (entry_stop, entry_at);
create index transit_journey_exit on transit_journey (exit_stop, exit_at);
