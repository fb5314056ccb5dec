-- Two people's tokens, in a database where only tokens count.
\set jwks `cat tests/tokens/jwks.json`
\set first `sed -n 's/^pooled0 //p' tests/tokens/tokens.txt`
\set second `sed -n 's/^pooled1 //p' tests/tokens/tokens.txt`
ALTER DATABASE :"DBNAME" SET rowguard.identity_mode = 'verified';
ALTER DATABASE :"DBNAME" SET rowguard.jwks = :'jwks';
CREATE TABLE tokens (client int, token text);
INSERT INTO tokens VALUES (0, :'first'), (1, :'second');
GRANT SELECT ON tokens TO authenticated;
