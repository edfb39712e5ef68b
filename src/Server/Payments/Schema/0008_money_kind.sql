-- Whether the money of this installation is real. It may change until something was credited, and then never again.
create table money_kind (
    single boolean primary key default true check (single),
    kind text not null check (kind in ('play', 'real'))
);
insert into money_kind (kind)
select 'play' where exists (select from top_up where provider = 'sandbox' and state = 'credited');
