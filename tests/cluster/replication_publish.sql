-- The slot is made by hand: CREATE SUBSCRIPTION would wait for its own transaction in the same server.
CREATE PUBLICATION everything FOR ALL TABLES;
SELECT pg_create_logical_replication_slot('moved', 'pgoutput');
