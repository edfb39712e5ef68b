-- What a person spent on a day, by what the payments rested on: their face alone, or their consent.
create table spending (
    person      uuid not null,
    day         date not null,
    spent_by    text not null check (spent_by in ('face', 'consent')),
    spent_minor bigint not null check (spent_minor >= 0),
    payments    int not null check (payments >= 0),
    primary key (person, day, spent_by)
);
insert into spending select person_id, day, 'face', spent_minor, 0 from face_spend;
drop table face_spend;

-- What a person allows their face at most; null: as much as the installation.
create table own_limit (
    person        uuid primary key,
    payment_minor bigint check (payment_minor >= 0),
    day_minor     bigint check (day_minor >= 0)
);
