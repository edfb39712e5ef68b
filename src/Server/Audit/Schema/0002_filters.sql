-- The log is asked what was done to one thing, and what one caller did.
create index audit_entry_subject on audit_entry (subject, seq desc);
create index audit_entry_who on audit_entry (who, seq desc);
