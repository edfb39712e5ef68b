-- Operators look payments up by merchant and by day. Both columns never change, so the indexes cost an insert's end and
-- no update; states change, and are looked for in the order of time instead.
create index payment_payee on payment (payee, seq);
create index payment_created on payment using brin (created_at);
