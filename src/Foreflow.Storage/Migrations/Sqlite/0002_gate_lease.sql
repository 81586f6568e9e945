-- Who may use how much of a gate that engines share, until when (ticks as everywhere), and what he would like to have.
create table gate_lease (
    gate     text    not null,
    owner    text    not null,
    capacity integer not null,
    held     integer not null,
    wanted   integer not null,
    first    integer not null,
    since    integer not null,
    granted  integer not null,
    until    integer not null,
    primary key (gate, owner)
);
