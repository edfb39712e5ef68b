-- The ledger: immutable transfers, four counters per account, holds that are resolved exactly once, decided acts.
-- Numbers stored in kind, code, flags and outcome are those of the C# enums and never change.

create table account (
    id              bigint generated always as identity primary key,
    key             text     not null unique check (key <> ''),
    asset           text     not null check (asset <> ''),
    kind            smallint not null,
    flags           integer  not null default 0,
    closed          boolean  not null default false,
    debits_pending  bigint   not null default 0 check (debits_pending >= 0),
    debits_posted   bigint   not null default 0 check (debits_posted >= 0),
    credits_pending bigint   not null default 0 check (credits_pending >= 0),
    credits_posted  bigint   not null default 0 check (credits_posted >= 0),
    constraint account_no_overdraft check (flags & 1 = 0 or debits_pending + debits_posted <= credits_posted)
) with (
    -- Counters change in place: room on the page keeps updates off the indexes, and early vacuums keep hot rows short.
    fillfactor = 60,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0
);

-- No foreign keys to account: they would lock the hot merchant's row once per transfer. The audit proves the same.
create table transfer (
    id         uuid        primary key,
    seq        bigint      not null unique check (seq > 0),
    act_id     uuid        not null,
    kind       smallint    not null check (kind between 1 and 5),
    code       smallint    not null,
    debit      bigint      not null,
    credit     bigint      not null,
    amount     bigint      not null check (amount > 0 or (amount = 0 and kind = 3)),
    hold_id    uuid,
    hold_until timestamptz,
    ref_id     uuid,
    at         timestamptz not null,
    check (debit <> credit),
    check ((kind in (3, 4, 5)) = (hold_id is not null)),
    check ((kind = 2) = (hold_until is not null))
);
create index transfer_debit on transfer (debit, seq);
create index transfer_credit on transfer (credit, seq);
create index transfer_hold_until on transfer (hold_until) where kind = 2;

create table hold_resolution (
    hold_id     uuid     primary key,
    transfer_id uuid     not null,
    outcome     smallint not null check (outcome in (3, 4, 5))
);

create table attempt (
    id           uuid        primary key,
    fingerprint  bytea       not null check (length(fingerprint) = 32),
    outcome      smallint    not null check (outcome in (1, 2)),
    refusal_code text        check ((outcome = 2) = (refusal_code is not null)),
    status       integer     not null,
    body         text        not null,
    at           timestamptz not null
);

-- One row. The epoch fences writers that lost their lock; every hold due up to swept_until is resolved.
create table ledger_writer (
    one         boolean     primary key default true check (one),
    epoch       bigint      not null default 0,
    swept_until timestamptz not null default '1970-01-01 00:00:00+00'
);
insert into ledger_writer default values;

create function ledger_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% on % is forbidden: the ledger is append-only, correct it by a new transfer', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;

create trigger transfer_append_only before update or delete or truncate on transfer
    for each statement execute function ledger_append_only();
create trigger hold_resolution_append_only before update or delete or truncate on hold_resolution
    for each statement execute function ledger_append_only();
create trigger attempt_append_only before update or delete or truncate on attempt
    for each statement execute function ledger_append_only();
