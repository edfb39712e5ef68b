-- Every settled payment is one row: its place in the log, what the receipt says, and the hash of that as a leaf.
create table receipt (
    seq              bigint      primary key check (seq >= 0),
    amount_minor     bigint      not null check (amount_minor >= 0),
    at               timestamptz not null,
    id               uuid        not null unique,
    subject          uuid        not null,
    corrects         uuid,
    payer            uuid,
    salt             bytea       not null check (length(salt) = 32),
    leaf             bytea       not null check (length(leaf) = 32),
    payer_salt       bytea       check (length(payer_salt) = 32),
    payer_commitment bytea       check (length(payer_commitment) = 32),
    kind             text        not null check (kind <> ''),
    payee            text        not null check (payee <> ''),
    currency         text        not null check (currency <> ''),
    text             text        check (text <> ''),
    check ((payer is null) = (payer_salt is null)),
    check (payer is null or payer_commitment is null)
);
create index receipt_payer on receipt (payer, seq) where payer is not null;
create index receipt_subject on receipt (subject);

-- Roots of complete subtrees of 256^level leaves, so that a proof reads hundreds of hashes and not a million.
create table receipt_subtree (
    level smallint not null check (level > 0),
    place bigint   not null check (place >= 0),
    hash  bytea    not null check (length(hash) = 32),
    primary key (level, place)
);

-- Signed tree heads: the log's first "size" leaves have this root.
create table receipt_head (
    size      bigint      primary key check (size > 0),
    root      bytea       not null check (length(root) = 32),
    at        timestamptz not null,
    origin    text        not null check (origin <> ''),
    signature bytea       not null check (length(signature) = 64)
);

create function receipt_log_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'The receipt log is append-only.' using errcode = 'restrict_violation';
end $$;

-- The one change that a receipt knows: its payer is forgotten, and what the leaf said of them stays as a hash.
create function receipt_only_forgets_its_payer() returns trigger language plpgsql as $$
begin
    if old.payer is null or new.payer is not null
        or new.payer_commitment is distinct from sha256(old.payer_salt || convert_to(old.payer::text, 'UTF8'))
        or (new.seq, new.amount_minor, new.at, new.id, new.subject, new.corrects, new.salt, new.leaf, new.kind,
            new.payee, new.currency, new.text)
            is distinct from
           (old.seq, old.amount_minor, old.at, old.id, old.subject, old.corrects, old.salt, old.leaf, old.kind,
            old.payee, old.currency, old.text)
    then
        raise exception 'The receipt log is append-only: a receipt can only forget its payer.'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

create trigger receipt_only_forgets before update on receipt
    for each row execute function receipt_only_forgets_its_payer();
create trigger receipt_append_only before delete or truncate on receipt
    for each statement execute function receipt_log_is_append_only();
create trigger receipt_subtree_append_only before update or delete or truncate on receipt_subtree
    for each statement execute function receipt_log_is_append_only();
create trigger receipt_head_append_only before update or delete or truncate on receipt_head
    for each statement execute function receipt_log_is_append_only();
