-- A filling station. Whoever changes its set-up holds this row, so that two who meet come one after the other.
create table fuel_site (
    id          text primary key,
    name        text not null,
    region      text not null,
    time_zone   text not null,
    always_open boolean not null,
    owner       uuid,
    version     int not null default 1
);
create index fuel_site_owner on fuel_site (owner) where owner is not null;

-- Minutes of the day on the site's own clock; an end at or before its beginning is on the next day.
create table fuel_opening (
    site        text not null references fuel_site,
    day         smallint not null check (day between 0 and 6),
    from_minute smallint not null check (from_minute between 0 and 1439),
    to_minute   smallint not null check (to_minute between 0 and 1439),
    primary key (site, day, from_minute)
);

create table fuel_grade (
    site text not null references fuel_site,
    id   text not null,
    name text not null,
    fuel text not null check (fuel in ('petrol', 'diesel', 'electric')),
    unit text not null check (unit in ('litre', 'us_gallon', 'kilowatt_hour')),
    primary key (site, id)
);

create table fuel_tank (
    site                 text not null,
    id                   text not null,
    grade                text not null,
    capacity_thousandths bigint not null check (capacity_thousandths > 0),
    -- Written by the ledger's writer alone. What is delivered beyond the level is counted as short, not refused.
    level_thousandths    bigint not null default 0 check (level_thousandths >= 0),
    short_thousandths    bigint not null default 0 check (short_thousandths >= 0),
    primary key (site, id),
    foreign key (site, grade) references fuel_grade
);

-- A pump is a station; here stands what it sells. Its number is unique in its site, not among all sites.
create table fuel_pump (
    id           text primary key,
    site         text not null references fuel_site,
    number       int not null check (number > 0),
    -- Staff closed it; it does not open itself.
    closed       boolean not null default false,
    -- The pump says so itself.
    out_of_order boolean not null default false,
    unique (site, number),
    unique (id, site)
);

create table fuel_nozzle (
    pump   text not null,
    number int not null check (number > 0),
    site   text not null,
    grade  text not null,
    tank   text,
    primary key (pump, number),
    foreign key (pump, site) references fuel_pump (id, site),
    foreign key (site, grade) references fuel_grade,
    foreign key (site, tank) references fuel_tank
);

-- History and schedule. A delivery pays the row that was in force: the latest valid_from up to then.
create table fuel_price (
    id                   uuid primary key,
    site                 text not null,
    grade                text not null,
    valid_from           timestamptz not null,
    thousandths_of_minor bigint not null check (thousandths_of_minor > 0),
    set_by               text not null,
    set_at               timestamptz not null,
    -- Taken back before its time came.
    withdrawn_by         text,
    withdrawn_at         timestamptz check (withdrawn_at < valid_from),
    foreign key (site, grade) references fuel_grade,
    check ((withdrawn_by is null) = (withdrawn_at is null))
);
create unique index fuel_price_one on fuel_price (site, grade, valid_from) where withdrawn_at is null;

-- What staff did to the level of a tank: a lorry came, or somebody measured it.
create table fuel_tank_entry (
    id                 uuid primary key,
    seq                bigint generated always as identity,
    site               text not null,
    tank               text not null,
    kind               text not null check (kind in ('delivery', 'dip')),
    thousandths        bigint not null check (thousandths >= 0),
    before_thousandths bigint not null check (before_thousandths >= 0),
    after_thousandths  bigint not null check (after_thousandths >= 0),
    short_thousandths  bigint not null check (short_thousandths >= 0),
    who                text not null,
    note               text not null,
    at                 timestamptz not null,
    foreign key (site, tank) references fuel_tank
);
create index fuel_tank_entry_tank on fuel_tank_entry (site, tank, seq);

-- Where somebody with the role of the forecourt works: at one site.
create table fuel_staff (
    person uuid primary key,
    site   text not null references fuel_site,
    since  timestamptz not null
);
create index fuel_staff_site on fuel_staff (site);
