-- Top-ups are payments like all others: what all payments have moves to their table. What stays is what only the
-- provider's side of a top-up needs.
insert into payment (id, kind, person, payee, payee_account, method, amount_minor, currency, state, captured_minor,
    refunded_minor, dispute, captures_later, capture, version, created_at, captured_at)
select t.id, 'top_up', t.person_id, t.provider, 'provider_clearing:' || t.provider, t.provider, t.amount_minor,
    t.currency,
    case t.state
        when 'created' then 'created'
        when 'provider_pending' then 'awaiting'
        when 'action_needed' then 'awaiting'
        when 'failed' then case when t.failure_code in ('expired', 'abandoned') then 'expired' else 'failed' end
        -- As long as an objection is open its decision may bring money back.
        when 'credited' then case
            when back.minor = t.amount_minor and t.dispute is distinct from 'open' then 'refunded' else 'captured' end
    end,
    case t.state when 'credited' then t.amount_minor else 0 end,
    case t.state when 'credited' then back.minor else 0 end,
    t.dispute, false, t.credit_transfer, 1, t.created_at, case t.state when 'credited' then t.settled_at end
from top_up t
cross join lateral (
    select coalesce(sum(r.amount_minor) filter (where r.state <> 'failed'), 0)
        + case when t.dispute in ('open', 'lost') then t.dispute_minor else 0 end as minor
    from top_up_refund r where r.top_up = t.id) back
order by t.created_at, t.id;

drop index top_up_person, top_up_open, top_up_objection;
alter table top_up rename column id to payment;
alter table top_up rename column exception to note;
alter table top_up rename column settled_at to failed_at;
alter table top_up
    alter column poll_at drop not null,
    add column needs_action boolean not null default false;
update top_up
set needs_action = state = 'action_needed',
    failed_at = case state when 'failed' then failed_at end,
    -- When the provider is asked next; null: nothing about it is open.
    poll_at = case
        when state in ('created', 'provider_pending', 'action_needed') or dispute = 'open' then poll_at end;
alter table top_up
    drop column person_id,
    drop column amount_minor,
    drop column currency,
    drop column state,
    drop column created_at,
    drop column credit_transfer,
    drop column dispute,
    add constraint top_up_payment_fkey foreign key (payment) references payment;
create index top_up_poll on top_up (poll_at) where poll_at is not null;
create index top_up_note on top_up (payment) where note is not null;
