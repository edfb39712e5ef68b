-- Vehicles by their plates. The text lies sealed with a key of its own (People keeps the keys, under the purpose
-- plate:{id}); it is found by keyed hashes, which tell nothing without the installation's key.
create table vehicle (
    id                 uuid primary key,
    owner              uuid not null references person,
    region             text not null,
    -- HMAC-SHA256 of the canonical text, and of what is left of it when glyphs that look alike are one.
    plate_hash         bytea not null,
    fold_hash          bytea not null,
    -- The canonical text and the name that the owner gave.
    sealed             bytea not null,
    fuel               text not null,
    -- Paid without a tap up to this much; 0: never.
    auto_pay_max_minor bigint not null check (auto_pay_max_minor >= 0),
    created_at         timestamptz not null,
    -- A plate belongs to one of them at a time; a vehicle that is given up is deleted.
    unique (region, plate_hash)
);
create index vehicle_fold on vehicle (fold_hash);
create index vehicle_owner on vehicle (owner);

-- Who may fill it up at the owner's expense, once they have accepted.
create table vehicle_driver (
    vehicle       uuid not null references vehicle on delete cascade,
    person        uuid not null references person,
    max_minor     bigint not null check (max_minor > 0),
    day_max_minor bigint not null check (day_max_minor >= max_minor),
    invited_at    timestamptz not null,
    accepted_at   timestamptz,
    primary key (vehicle, person)
);
create index vehicle_driver_person on vehicle_driver (person);

-- "That plate is mine": while one is open, the plate does not pay by itself.
create table plate_claim (
    id          uuid primary key,
    -- Kept after the vehicle is gone, as the claimant still wants to know what became of it.
    vehicle     uuid not null,
    claimant    uuid not null references person,
    -- Region, canonical text and the claimant's words, under a key of the claimant's (plate:{id}).
    sealed      bytea not null,
    state       text not null check (state in ('open', 'upheld', 'rejected', 'released', 'withdrawn')),
    opened_at   timestamptz not null,
    resolved_at timestamptz,
    resolved_by text,
    -- The operator's words to both.
    reason      text
);
create unique index plate_claim_open on plate_claim (vehicle, claimant) where state = 'open';
create index plate_claim_queue on plate_claim (opened_at, id) where state = 'open';
create index plate_claim_claimant on plate_claim (claimant);
