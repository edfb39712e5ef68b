-- Somebody was asked to work at a site, and has not answered yet.
create table fuel_invitation (
    site   text not null references fuel_site,
    person uuid not null,
    until  timestamptz not null,
    primary key (site, person)
);
create index fuel_invitation_person on fuel_invitation (person);
