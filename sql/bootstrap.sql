-- The schemas. Plain CREATE SCHEMA: one that exists already is somebody else's.
CREATE SCHEMA auth;
COMMENT ON SCHEMA auth IS 'rowguard: who is asking';
CREATE SCHEMA rls;
COMMENT ON SCHEMA rls IS 'rowguard: policies written, audited and proven';
CREATE SCHEMA atomic;
COMMENT ON SCHEMA atomic IS 'rowguard: operations that happen whole or not at all';
