-- Money of a top-up that goes back to where it came from: asked for here, or done at the provider by somebody else.
create table top_up_refund (
    id                 uuid primary key,
    top_up             uuid not null references top_up,
    person             uuid not null,
    provider           text not null,
    amount_minor       bigint not null check (amount_minor > 0),
    currency           text not null,
    -- created -> provider_pending -> done; failed from each of them: the money is in the wallet again.
    state              text not null check (state in ('created', 'provider_pending', 'done', 'failed')),
    -- Null: it was not asked for here.
    asked_by           text,
    reason             text,
    provider_refund_id text,
    failure_code       text,
    polls              int not null default 0,
    poll_at            timestamptz not null,
    created_at         timestamptz not null,
    settled_at         timestamptz,
    unique (provider, provider_refund_id)
);
create index top_up_refund_top_up on top_up_refund (top_up);
create index top_up_refund_person on top_up_refund (person);
create index top_up_refund_open on top_up_refund (poll_at) where state in ('created', 'provider_pending');

alter table provider_call drop constraint provider_call_act_check;
alter table provider_call add constraint provider_call_act_check check (act in ('create', 'cancel', 'refund'));

-- How much of it a bank objects to.
alter table top_up add column dispute_minor bigint check (dispute_minor > 0);
update top_up set dispute_minor = amount_minor where dispute is not null;
alter table top_up add constraint top_up_dispute_check2 check ((dispute is null) = (dispute_minor is null));

create table sandbox_refund (
    id           text primary key,
    payment_id   text not null references sandbox_payment,
    reference    uuid unique,
    amount_minor bigint not null check (amount_minor > 0),
    status       text not null check (status in ('succeeded', 'failed')),
    created_at   timestamptz not null,
    decided_at   timestamptz not null
);
create index sandbox_refund_payment on sandbox_refund (payment_id);
