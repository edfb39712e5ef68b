-- How far what is set aside may be raised while current flows. Before it, all of it was set aside at once.
alter table pump_session add hold_max_minor bigint;
update pump_session set hold_max_minor = hold_minor;
alter table pump_session alter hold_max_minor set not null;
alter table pump_session add check (hold_minor <= hold_max_minor);
