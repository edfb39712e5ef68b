-- One vehicle at one pump, from its plate to its money. PumpSessionLifetime.cs has the table of what may follow what;
-- the ledger's writer alone changes these rows, in the commit that moves the money.
create table pump_session (
    id                    uuid primary key,
    seq                   bigint generated always as identity unique,
    site                  text not null references fuel_site,
    pump                  text not null references fuel_pump,
    state                 text not null check (state in
        ('waiting', 'offered', 'held', 'fuelling', 'lost', 'delivered', 'expired', 'paid', 'unclaimed', 'quarantined',
         'drive_off', 'lapsed', 'declined', 'aborted', 'cancelled', 'paid_elsewhere', 'written_off')),
    -- Vehicles come and go; what was delivered to one stays.
    vehicle               uuid,
    person                uuid,
    said_yes              uuid,
    sighting              uuid,
    payment               uuid references payment,
    hold_minor            bigint not null check (hold_minor >= 0),
    doubtful              boolean not null,
    trx_seq               bigint check (trx_seq > 0),
    nozzle                int,
    grade                 text,
    unit                  text check (unit in ('litre', 'us_gallon', 'kilowatt_hour')),
    price                 bigint check (price > 0),
    delivered_thousandths bigint check (delivered_thousandths >= 0),
    bill_minor            bigint not null check (bill_minor >= 0),
    said_minor            bigint,
    note                  text,
    version               int not null,
    began_at              timestamptz not null,
    seen_at               timestamptz,
    lifted_at             timestamptz,
    delivered_at          timestamptz,
    closed_at             timestamptz,
    due_at                timestamptz,
    check ((unit is null) = (price is null)),
    -- Whoever has paid has a payment, and a bill has somebody to pay it.
    check (state <> 'paid' or payment is not null),
    check (state not in ('delivered', 'expired', 'paid') or person is not null)
);
-- One car at a pump, one pump for a car, one session for a delivery, one delivery for a payment.
create unique index pump_session_pump on pump_session (pump) where state in ('offered', 'held', 'fuelling');
create unique index pump_session_vehicle on pump_session (vehicle)
    where vehicle is not null and state in ('waiting', 'offered', 'held', 'fuelling');
create unique index pump_session_trx on pump_session (pump, trx_seq) where trx_seq is not null;
create unique index pump_session_payment on pump_session (payment) where payment is not null;
create index pump_session_due on pump_session (due_at) where due_at is not null;
create index pump_session_person on pump_session (person, seq) where person is not null;
create index pump_session_car on pump_session (vehicle, seq) where vehicle is not null;
create index pump_session_site on pump_session (site, seq);
create index pump_session_latest on pump_session (pump, seq);
create index pump_session_waiting on pump_session (pump) where state = 'waiting';
