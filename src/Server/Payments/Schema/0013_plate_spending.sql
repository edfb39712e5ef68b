-- What a vehicle's plate paid without a tap is counted by itself.
alter table spending drop constraint spending_spent_by_check,
    add constraint spending_spent_by_check check (spent_by in ('face', 'consent', 'plate'));
