-- Access as rls.emit_tests() found it. Run by pg_prove; needs pgTAP and rowguard.
BEGIN;
SELECT plan(6);

CREATE TEMPORARY TABLE rowguard_diff ON COMMIT DROP AS
SELECT * FROM rls.matrix_diff($q${
  "identities": {
    "alice": {"claims": {"sub": "00000000-0000-4000-8000-00000000000a"}, "role": "authenticated"},
    "bob": {"claims": {"sub": "00000000-0000-4000-8000-00000000000b"}, "role": "authenticated"},
    "stranger": {"role": "anon"}
  },
  "schemas": ["app"],
  "tables": {
    "app.\"Odd # TODO \"\"'); \\ :name $$\"": {
      "alice": {"select": "some", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"},
      "bob": {"select": "some", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"},
      "stranger": {"select": "some", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"}
    },
    "app.internal": {
      "alice": {"select": "denied", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"},
      "bob": {"select": "denied", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"},
      "stranger": {"select": "denied", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"}
    },
    "app.notes": {
      "alice": {"select": {"verdict": "some", "unreadable": ["secret"]}, "insert": "some", "update": "some", "delete": "some", "truncate": "denied"},
      "bob": {"select": {"verdict": "some", "unreadable": ["secret"]}, "insert": "some", "update": "some", "delete": "some", "truncate": "denied"},
      "stranger": {"select": "denied", "insert": "denied", "update": "denied", "delete": "denied", "truncate": "denied"}
    },
    "app.own_notes": {
      "alice": {"select": "some", "update": "denied", "delete": "denied"},
      "bob": {"select": "some", "update": "denied", "delete": "denied"},
      "stranger": {"select": "denied", "update": "denied", "delete": "denied"}
    }
  },
  "functions": {
    "app.count_notes()": ["alice", "bob"]
  }
}$q$);

SELECT is_empty($q$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE object = E'app."Odd # TODO ""''); \\ :name $$"'$q$, E'app."Odd \\# TODO ""''); \\\\ :name $$"');
SELECT is_empty($$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE object = 'app.count_notes()'$$, 'app.count_notes()');
SELECT is_empty($$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE object = 'app.internal'$$, 'app.internal');
SELECT is_empty($$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE object = 'app.notes'$$, 'app.notes');
SELECT is_empty($$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE object = 'app.own_notes'$$, 'app.own_notes');
SELECT is_empty($$SELECT identity, command, expected, found FROM pg_temp.rowguard_diff WHERE NOT listed$$, 'nothing else is open');

SELECT * FROM finish();
ROLLBACK;
