-- The same tables as for SQLite; see there for what they hold. Text is compared by code point, as SQLite does.

create table run (
    number          bigint generated always as identity primary key check (number < 549755813888),
    id              text   collate "C" not null unique,
    workflow        text   collate "C" not null,
    version         text   collate "C" not null,
    status          bigint not null,
    created_at      bigint not null,
    started_at      bigint,
    ended_at        bigint,
    priority        bigint not null,
    tasks_total     bigint not null,
    tasks_succeeded bigint not null,
    tasks_failed    bigint not null,
    owner           text   collate "C",
    message         text
) with (fillfactor = 80); -- room to change a row in its page, where no index needs to know
create index run_by_time on run (created_at, number);
create index run_by_workflow on run (workflow, created_at, number);
create index run_by_status on run (status, created_at, number);
create index run_by_workflow_and_status on run (workflow, status, created_at, number);
create index run_by_end on run (ended_at) where ended_at is not null;

-- key = run.number * 2^24 + sequence.
create table run_event (
    key     bigint primary key,
    payload bytea not null
);

-- Changes, to be added up: several processes write at once, and none may wait for the other's row. Summed up now and then.
create table run_count (
    workflow text   collate "C" not null,
    status   bigint not null,
    count    bigint not null
);

create table pool (
    number bigint generated always as identity primary key check (number < 32768),
    name   text   collate "C" not null unique
);

-- key = pool.number * 2^48 + sequence.
create table journal (
    key     bigint primary key,
    at      bigint not null,
    kind    bigint not null,
    subject text   collate "C",
    payload bytea  not null
);
create index journal_by_subject on journal (subject, at, key) where subject is not null;

create table journal_checkpoint (
    key     bigint primary key,
    at      bigint not null,
    payload bytea  not null
);

create table profile (
    workflow   text  collate "C" not null,
    stage      text  collate "C" not null,
    node_class text  collate "C" not null,
    payload    bytea not null,
    primary key (workflow, stage, node_class)
);

create table named_blob (
    kind    text  collate "C" not null,
    key     text  collate "C" not null,
    payload bytea not null,
    primary key (kind, key)
);

create table workflow_version (
    name       text   collate "C" not null,
    version    text   collate "C" not null,
    definition text   not null,
    saved_at   bigint not null,
    generation bigint not null,
    primary key (name, version)
);

create table switch (
    name  text collate "C" not null primary key,
    value text not null
);

create table cached_result (
    key            text   collate "C" not null primary key,
    output         bytea  not null,
    artifacts_path text,
    at             bigint not null
);
create index cached_result_by_time on cached_result (at);

-- The last group that each writer committed: when the connection breaks during a commit, this tells how it went.
create table writer (
    id           text        not null primary key,
    group_number bigint      not null,
    seen_at      timestamptz not null default now()
);

create table cluster_version (
    cluster text   collate "C" not null primary key,
    version bigint not null
);
create table cluster_member (
    cluster  text   collate "C" not null,
    address  text   collate "C" not null,
    etag     bigint not null,
    status   bigint not null,
    started_at bigint not null,
    alive_at   bigint not null,
    body     text   not null,
    primary key (cluster, address)
);
