-- Of a car: whose plate it was, and in person its owner. No plate, and nothing of plates that are nobody's.
alter table sighting add column vehicle uuid;

-- When the device says that it was; its clock decides nothing.
alter table sighting add column event_at timestamptz;

-- Reads of an edge agent carry a number that only rises: an old one that is played back is refused.
create table station_counter (
    station text primary key references station,
    counter bigint not null,
    -- The request that brought it: its repetition, after a lost answer, is no other one.
    act     uuid not null
);
