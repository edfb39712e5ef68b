-- A key was destroyed, but its bytes may still lie in old pages and in the write-ahead log: rows go when they are gone
-- from there too. They do not say whose it was.
create table destroyed_key (
    id      bigint generated always as identity primary key,
    purpose text not null
);

-- The planner's statistics keep samples of columns; keys do not belong there. Naming the type drops those taken.
alter table person_key alter column wrapped_key type bytea, alter column wrapped_key set statistics 0;
