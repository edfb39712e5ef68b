-- What a cashier gave back on a day without a second pair of eyes, over all payments.
create table retail_cashier_day (
    person      uuid not null,
    day         date not null,
    given_minor bigint not null check (given_minor >= 0),
    primary key (person, day)
);
