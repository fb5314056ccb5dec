-- Claims in a database that is not encoded in UTF8: ASCII is read, anything else is an error.
CREATE DATABASE regress_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
SELECT current_database() AS db \gset
\c regress_latin1
\set ON_ERROR_ROLLBACK on
SET client_encoding = 'UTF8';
CREATE EXTENSION rowguard;
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "alice", "name": "al\u0069ce", "role": "authenticated"}';
SELECT auth.user_id(), auth.claim_text('name'), auth.has_role('authenticated'), auth.jwt();

-- Escaped: jsonb knows how to write it, and no other reader guesses.
SET LOCAL request.jwt.claims = '{"sub": "ren\u00e9"}';
SELECT auth.jwt();
SELECT auth.user_id();
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text('sub');
\echo :LAST_ERROR_SQLSTATE

-- As it is: not the UTF-8 that JSON is written in.
SET LOCAL request.jwt.claims = '{"sub": "rené"}';
SELECT auth.user_id();
\echo :LAST_ERROR_SQLSTATE
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
\c :db
DROP DATABASE regress_latin1;
