-- What staff do to money that has moved: refunds of payments, and corrections of wallets. Above a limit somebody else
-- has to agree first; who asked and who agreed stays.
create table adjustment (
    id           uuid primary key,
    seq          bigint generated always as identity unique,
    kind         text not null check (kind in ('refund', 'correction')),
    payment      uuid references payment check ((kind = 'refund') = (payment is not null)),
    person       uuid not null,
    direction    text not null check (direction in ('credit', 'debit')),
    amount_minor bigint not null check (amount_minor > 0),
    currency     text not null,
    reason       text not null,
    state        text not null check (state in ('pending_approval', 'done', 'rejected')),
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by   text,
    decided_at   timestamptz,
    -- Four eyes: nobody agrees to their own wish.
    check (decided_by is null or decided_by <> requested_by)
);
create index adjustment_payment on adjustment (payment, seq) where payment is not null;
create index adjustment_pending on adjustment (seq) where state = 'pending_approval';
