-- The books of the example: 1,200 representatives whose debts add up to 183,146,990, with 30,000 invoices.
create table representatives (id integer primary key, name text, total_debt integer);
create table invoices (id integer primary key, representative integer, amount integer);
with recursive ids(id) as (select 1 union all select id + 1 from ids where id < 1200)
insert into representatives select id, 'representative ' || id, 152622 + (id <= 590) from ids;
with recursive ids(id) as (select 1 union all select id + 1 from ids where id < 30000)
insert into invoices select id, id % 1200 + 1, id % 977 from ids;
