-- The writer remembers counters; whether an account was closed meanwhile is asked every time, in a small index.
create index account_closed on account (id) where closed;
