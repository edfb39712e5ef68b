-- Stops a commit, and everything in it, when something it relies on does not hold.
create function ledger_demand(holds boolean, code text, words text) returns void language plpgsql as $$
begin
    if holds is not true then
        raise exception '%', words using errcode = code;
    end if;
end $$;
