-- One-time codes that a person's own phone shows; one lives at a time, and only SHA-256 of it is kept.
create table person_code (
    person_id  uuid primary key references person,
    hash       bytea not null unique,
    expires_at timestamptz not null
);
