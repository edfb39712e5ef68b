-- Every call that asks a provider to do something with money: written before it is made, and again when its end is
-- known. One that was begun and never ended, or ended without an answer, may have moved the money.
create table provider_call (
    id        bigint generated always as identity primary key,
    -- What it was about: a top-up.
    reference uuid not null,
    act       text not null check (act in ('create')),
    state     text not null check (state in ('init', 'pending', 'success', 'failed', 'unknown')),
    -- The provider's reason, or why nothing was heard.
    note      text,
    began_at  timestamptz not null,
    ended_at  timestamptz
);
create index provider_call_reference on provider_call (reference, id);
