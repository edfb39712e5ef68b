-- Top-ups know what they are paid with, what their customer has to do at the provider, and whether a bank took them
-- back. A method is a provider's token and is forgotten when it is of no more use.
alter table top_up drop constraint top_up_state_check;
alter table top_up add constraint top_up_state_check
    check (state in ('created', 'provider_pending', 'action_needed', 'credited', 'failed'));
alter table top_up
    add column method_type text,
    add column method_token text,
    add column action_url text,
    add column failure_code text,
    -- The transfer that credited the wallet; what a bank takes back names it.
    add column credit_transfer uuid,
    add column dispute text check (dispute in ('open', 'won', 'lost'));
drop index top_up_open;
create index top_up_open on top_up (poll_at) where state in ('created', 'provider_pending', 'action_needed');

-- The sandbox's cards: what happens to a payment, and when.
alter table sandbox_payment
    add column card text not null default 'card_ok',
    add column decided_at timestamptz,
    add column disputed_at timestamptz,
    add column dispute_decided_at timestamptz,
    add column dispute text check (dispute in ('won', 'lost'));
update sandbox_payment set decided_at = created_at;
