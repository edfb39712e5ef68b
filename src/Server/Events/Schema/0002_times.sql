-- Times grow with the numbers: a summary of pages finds what is old enough to go, and costs an insert nothing.
drop index outbox_at;
create index outbox_at on outbox using brin (at);
