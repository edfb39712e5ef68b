create table person (
    id            uuid primary key,
    name          text not null,
    email         text not null,
    -- Lower case by the program, so that uniqueness does not depend on the database's locale.
    email_key     text not null unique,
    password_hash text not null,
    roles         text[] not null,
    -- The client's idempotency key of the sign-up, if it sent one.
    sign_up_key   uuid unique,
    disabled_at   timestamptz,
    created_at    timestamptz not null
);

-- A session is a family of refresh tokens: each is used once and followed by the next.
create table session (
    id         uuid primary key,
    person_id  uuid not null references person on delete cascade,
    started_at timestamptz not null,
    ends_at    timestamptz not null,
    revoked_at timestamptz
);
create index session_person on session (person_id);

-- Only SHA-256 of a refresh token is kept.
create table refresh_token (
    hash       bytea primary key,
    session_id uuid not null references session on delete cascade,
    issued_at  timestamptz not null,
    used_at    timestamptz
);
create index refresh_token_session on refresh_token (session_id);

create table consent (
    id           uuid primary key,
    person_id    uuid not null references person on delete cascade,
    purpose      text not null,
    version      int not null,
    granted_at   timestamptz not null,
    granted_by   text not null,
    withdrawn_at timestamptz,
    withdrawn_by text,
    -- Set when every slice has erased what the consent had allowed; until then it is tried again.
    erased_at    timestamptz
);
create unique index consent_given on consent (person_id, purpose) where withdrawn_at is null;
create index consent_to_erase on consent (withdrawn_at) where withdrawn_at is not null and erased_at is null;

-- Keys of people, one per purpose, wrapped by the installation's key. Deleting a row erases what it sealed.
create table person_key (
    person_id   uuid not null references person,
    purpose     text not null,
    wrapped_key bytea not null,
    primary key (person_id, purpose)
);

-- Tells a start with another installation's key from one with ours.
create table installation_key_check (
    one       bool primary key default true check (one),
    key_check bytea not null
);
