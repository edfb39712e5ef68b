-- The note that people have dealt with: the same one is not raised again.
alter table top_up add column cleared text;
