-- A bank takes weeks to decide on an objection; the provider is asked about open ones, since its message may be lost.
create index top_up_objection on top_up (poll_at) where dispute = 'open';
