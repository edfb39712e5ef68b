create table audit_entry (
    seq     bigint generated always as identity primary key,
    at      timestamptz not null,
    who     text not null,
    what    text not null,
    subject text not null
);

create function audit_entry_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'The audit log is append-only.';
end $$;

create trigger audit_entry_append_only before update or delete on audit_entry
    for each row execute function audit_entry_is_append_only();
create trigger audit_entry_never_truncated before truncate on audit_entry
    for each statement execute function audit_entry_is_append_only();
