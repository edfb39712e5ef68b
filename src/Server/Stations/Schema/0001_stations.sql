-- A device that sends sightings. Its place is a stop, a shop or a site, known to the slice that owns it.
create table station (
    id         text primary key,
    kind       text not null check (kind in ('gate', 'till', 'pump')),
    place      text not null,
    name       text not null,
    created_at timestamptz not null
);

-- Several keys a station, each revocable; only the SHA-256 of a random 32-byte key is stored.
create table station_key (
    id           uuid primary key,
    station      text not null references station,
    hash         bytea not null unique,
    label        text not null,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
create index station_key_station on station_key (station);

-- One-time links with which a kiosk page gets its key.
create table station_link (
    hash        bytea primary key,
    station     text not null references station,
    made_at     timestamptz not null,
    expires_at  timestamptz not null,
    redeemed_at timestamptz
);

-- What a camera saw: no pixels, no template. Deleted after its retention.
create table sighting (
    id      uuid primary key,
    station text not null,
    at      timestamptz not null,
    band    text not null check (band in ('reject', 'ask', 'accept')),
    finding text not null,
    person  uuid,
    -- Whether that person's template came with a liveness challenge.
    liveness_proved boolean not null
);
create index sighting_at on sighting (at);
create index sighting_person on sighting (person) where person is not null;
