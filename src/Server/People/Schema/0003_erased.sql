-- An erased person keeps a row, since ledger, journeys and audit name its id; nothing in it says who they were.
alter table person add column erased_at timestamptz;
