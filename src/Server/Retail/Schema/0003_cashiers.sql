-- Where somebody with the role of a cashier works: at one merchant, whose payments they see and give money back of.
create table retail_cashier (
    person   uuid primary key,
    merchant text not null references retail_merchant,
    since    timestamptz not null
);
create index retail_cashier_merchant on retail_cashier (merchant);
