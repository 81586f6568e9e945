-- Times are ticks of 100 ns since 1970-01-01T00:00:00Z. Payloads are opaque to the store.

-- One row a run. "number" is never used twice: run_event is keyed by it.
create table run (
    number          integer primary key autoincrement check (number < 549755813888),
    id              text    not null unique,
    workflow        text    not null,
    version         text    not null,
    status          integer not null,
    created_at      integer not null,
    started_at      integer,
    ended_at        integer,
    priority        integer not null,
    tasks_total     integer not null,
    tasks_succeeded integer not null,
    tasks_failed    integer not null,
    owner           text,
    message         text
);
-- SQLite ends every index with the row's number, so these give lists newest first and keyset paging.
create index run_by_time on run (created_at);
create index run_by_workflow on run (workflow, created_at);
create index run_by_status on run (status, created_at);
create index run_by_workflow_and_status on run (workflow, status, created_at);
create index run_by_end on run (ended_at) where ended_at is not null;

-- key = run.number * 2^24 + sequence. Rows lie in the order of writing, whatever run they belong to: a group of
-- appends to a thousand runs fills a few pages instead of touching a thousand.
create table run_event (
    id      integer primary key,
    key     integer not null,
    payload blob    not null
);
create unique index run_event_by_key on run_event (key);

-- How many runs are in a state, kept with every change: counting a million rows takes too long.
create table run_count (
    workflow text    not null,
    status   integer not null,
    count    integer not null,
    primary key (workflow, status)
) without rowid;

create table pool (
    number integer primary key autoincrement check (number < 32768),
    name   text    not null unique
);

-- key = pool.number * 2^48 + sequence.
create table journal (
    key     integer primary key,
    at      integer not null,
    kind    integer not null,
    subject text,
    payload blob    not null
);
create index journal_by_subject on journal (subject, at, key) where subject is not null;

create table journal_checkpoint (
    key     integer primary key,
    at      integer not null,
    payload blob    not null
);

create table profile (
    workflow   text not null,
    stage      text not null,
    node_class text not null,
    payload    blob not null,
    primary key (workflow, stage, node_class)
);

create table named_blob (
    kind    text not null,
    key     text not null,
    payload blob not null,
    primary key (kind, key)
);

-- "generation" grows with every save within a workflow: the highest is the current version.
create table workflow_version (
    name       text    not null,
    version    text    not null,
    definition text    not null,
    saved_at   integer not null,
    generation integer not null,
    primary key (name, version)
);

create table switch (
    name  text not null primary key,
    value text not null
);

create table cached_result (
    key            text    not null primary key,
    output         blob    not null,
    artifacts_path text,
    at             integer not null
);
create index cached_result_by_time on cached_result (at);

-- The table that Orleans' membership protocol writes to.
create table cluster_version (
    cluster text    not null primary key,
    version integer not null
);
create table cluster_member (
    cluster  text    not null,
    address  text    not null,
    etag     integer not null,
    status   integer not null,
    started_at integer not null,
    alive_at   integer not null,
    body     text    not null,
    primary key (cluster, address)
);
