-- One template per person, sealed with the person's own key (People keeps the keys): the row alone tells nothing.
create table face (
    person      uuid primary key,
    template_id uuid not null unique,
    pack        text not null,
    sealed      bytea not null,
    quality     real not null,
    images_used smallint not null,
    liveness    text not null check (liveness in ('none', 'challenge')),
    enrolled_at timestamptz not null
);

-- Galleries follow this feed. Its writers hold one advisory lock, so numbers become visible in their order.
create table face_change (
    seq    bigint generated always as identity primary key,
    person uuid not null,
    at     timestamptz not null
);
