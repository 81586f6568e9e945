-- Who may use how much of a gate that engines share, until when (ticks as everywhere), and what he would like to have.
create table gate_lease (
    gate     text   collate "C" not null,
    owner    text   collate "C" not null,
    capacity bigint not null,
    held     bigint not null,
    wanted   bigint not null,
    first    bigint not null,
    since    bigint not null,
    granted  bigint not null,
    until    bigint not null,
    primary key (gate, owner)
);
