//! `atomic.ledgers`: the registered ledgers.

use pgrx::prelude::*;

extension_sql!(
    r#"
CREATE VIEW atomic.ledgers AS
  SELECT r.ledger, r.accounts, r.transfers, r.operator, r.mapping, r.trigger_path
  FROM atomic.ledger_registry AS r;
COMMENT ON VIEW atomic.ledgers IS 'Registered ledgers: their tables, the role whose members may act on any account, the column mapping and the schemas where their triggers find names';
"#,
    name = "atomic_ledgers",
    requires = ["bootstrap"]
);
