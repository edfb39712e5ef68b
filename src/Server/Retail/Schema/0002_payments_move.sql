-- Payments of tills are payments like all others: they move to the table of the slice Payments.
insert into payment (id, kind, person, payee, payee_account, station, method, amount_minor, currency, state,
    captured_minor, refunded_minor, captures_later, sighting, hold, capture, version, created_at, due_at, captured_at)
select p.id, 'retail', p.person, p.merchant, 'merchant:' || p.merchant, p.till, 'wallet', p.amount_minor, p.currency,
    case p.status when 'awaiting_confirmation' then 'awaiting' when 'refused' then 'failed' else p.status end,
    case when p.status in ('captured', 'refunded') then p.amount_minor else 0 end,
    case when p.status = 'refunded' then p.amount_minor else 0 end,
    false, p.sighting, p.hold, c.id, 1, p.created_at,
    case when p.status = 'awaiting_confirmation' then p.expires_at end, p.captured_at
from retail_payment p
left join transfer c on c.hold_id = p.hold and c.kind = 3
order by p.seq;

drop table retail_payment;
