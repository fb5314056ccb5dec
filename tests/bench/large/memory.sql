-- What a backend holds before and after :transfers transfers, each in a transaction of its own: with and
-- without keys, replayed and refused ones among them, in a created ledger and in attached tables. A tenth
-- as many come first and are not counted: they fill the caches, and as tables change meanwhile, as they do when
-- they are vacuumed, statements have been prepared anew while the old ones were still held.
SET synchronous_commit = off;
CREATE PROCEDURE pg_temp.pay(times int) LANGUAGE plpgsql AS $$
DECLARE
  accounts int := count(*) FROM small_tables.accounts;
  a int;
BEGIN
  FOR n IN 1..times LOOP
    a := 1 + random() * (accounts - 1);
    PERFORM atomic.transfer_funds(account(a), account(1 + a % accounts), CASE WHEN n % 10 = 0 THEN 1e9 ELSE 0.01 END,
                                  CASE WHEN n % 4 = 0 THEN 'key ' || a END, on_error => 'return',
                                  ledger => CASE WHEN n % 2 = 0 THEN 'small' ELSE 'small_tables' END);
    COMMIT;
  END LOOP;
END $$;
-- The process holds what the contexts hold, and what is allocated beside them.
CREATE VIEW pg_temp.held AS
  SELECT (SELECT sum(total_bytes) FROM pg_backend_memory_contexts) / 1024 AS contexts,
         substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+) kB')::int AS process;
CREATE PROCEDURE pg_temp.warm_up(times int) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 1..20 LOOP
    CALL pg_temp.pay(times / 20);
    ANALYZE small.accounts, small.transfers, small.entries, small_tables.accounts, small_tables.transfers;
    COMMIT;
  END LOOP;
END $$;
CALL pg_temp.warm_up(:transfers / 10);
SELECT contexts, process FROM pg_temp.held \gset before_
-- In hundred calls: for each commit of a transaction that wrote, whatever it wrote, the server keeps 24 bytes
-- until the procedure ends that committed.
SELECT format('CALL pg_temp.pay(%s)', :transfers / 100) FROM generate_series(1, 100)
\gexec
SELECT contexts, process FROM pg_temp.held \gset after_
SELECT format('memory of a backend over %s transfers: contexts %s kB, then %s kB; the process %s kB, then %s kB  %s',
              :transfers, :before_contexts::int, :after_contexts::int, :before_process, :after_process,
              CASE WHEN :after_contexts - :before_contexts < 256 AND :after_process - :before_process < 1024 THEN 'met' ELSE 'MISSED' END);
