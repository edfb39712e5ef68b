-- Refunds, chargebacks and their like name the transfer that they take back or add to; their sum bounds the next one.
create index transfer_ref on transfer (ref_id) where ref_id is not null;
