-- rowguard 0.1.0: the install script, made by `make schema` from the source.
\echo Use "CREATE EXTENSION rowguard" to load this file. \quit

-- src/lib.rs
-- The schemas. Plain CREATE SCHEMA: one that exists already is somebody else's.
CREATE SCHEMA auth;
COMMENT ON SCHEMA auth IS 'rowguard: who is asking';
CREATE SCHEMA rls;
COMMENT ON SCHEMA rls IS 'rowguard: policies written, audited and proven';
CREATE SCHEMA atomic;
COMMENT ON SCHEMA atomic IS 'rowguard: operations that happen whole or not at all';

-- src/lib.rs
-- Rights: first nothing for anybody, then exactly what is meant.
REVOKE ALL ON SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth, rls, atomic FROM PUBLIC;

-- Policies call the readers as whoever runs the query.
GRANT USAGE ON SCHEMA auth TO PUBLIC;
