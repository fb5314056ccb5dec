//! `atomic.ledgers`: the registered ledgers.

use pgrx::prelude::*;

extension_sql!(
    r#"
CREATE VIEW atomic.ledgers AS
  SELECT r.ledger, r.accounts, r.transfers, r.operator, r.mapping, r.trigger_path, r.entries, r.holds
  FROM atomic.ledger_registry AS r;
COMMENT ON VIEW atomic.ledgers IS 'registered ledgers';
COMMENT ON COLUMN atomic.ledgers.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.ledgers.accounts IS 'table of accounts';
COMMENT ON COLUMN atomic.ledgers.transfers IS 'table of transfers';
COMMENT ON COLUMN atomic.ledgers.operator IS 'role whose members may act on any account';
COMMENT ON COLUMN atomic.ledgers.mapping IS 'names of columns, as given to atomic.attach_ledger()';
COMMENT ON COLUMN atomic.ledgers.trigger_path IS 'schemas where triggers of the tables find names';
COMMENT ON COLUMN atomic.ledgers.entries IS 'table of entries, where atomic.create_ledger() made it';
COMMENT ON COLUMN atomic.ledgers.holds IS 'table of holds, where atomic.create_ledger() made it';
"#,
    name = "atomic_ledgers",
    requires = ["bootstrap"]
);
