-- A sighting that was answered with `ask`: a second factor may resolve it, once, within its minute.
create table sighting_ask (
    sighting    uuid primary key,
    station     text not null,
    at          timestamptz not null,
    -- Whom it may be, sealed with the installation's key; gone as soon as it is resolved.
    candidates  bytea,
    tries       smallint not null default 0,
    resolved_at timestamptz
);
create index sighting_ask_at on sighting_ask (at);
