-- atomic.attach_ledger() names initially deferred triggers before PostgreSQL 18: there they run as
-- whoever commits, not as the tables' owner.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE SCHEMA bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE bank.transactions (from_id uuid, to_id uuid, amount numeric);
CREATE FUNCTION bank.later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER at_once AFTER INSERT ON bank.transactions
  DEFERRABLE FOR EACH ROW EXECUTE FUNCTION bank.later();
-- A foreign key's own triggers switch roles themselves.
ALTER TABLE bank.transactions ADD FOREIGN KEY (from_id) REFERENCES bank.accounts DEFERRABLE INITIALLY DEFERRED;
SELECT atomic.attach_ledger('silent', 'bank.accounts', 'bank.transactions');
CREATE CONSTRAINT TRIGGER "at commit" AFTER INSERT ON bank.transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank.later();
SELECT atomic.attach_ledger('named', 'bank.accounts', 'bank.transactions');
ROLLBACK;
