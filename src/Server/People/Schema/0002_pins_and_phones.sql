-- A PIN is short, so two things guard it besides its slow hash: it is keyed with the installation's key before it is
-- hashed, and a try is written here before its hash is computed.
create table person_pin (
    person_id  uuid primary key references person,
    hash       text not null,
    set_at     timestamptz not null,
    -- Tries are numbered; those that have not turned out right stand in open_tries. As many as the limit: locked.
    tries_ever bigint not null default 0,
    open_tries bigint[] not null default '{}'
);

-- Sealed by the person's vault under the purpose 'phone'.
alter table person add column phone bytea;
