-- On the primary: verified mode, as settings of the database, which are replicated with it.
\set jwks `cat tests/tokens/jwks.json`
CREATE EXTENSION rowguard;
ALTER DATABASE :"DBNAME" SET rowguard.identity_mode = 'verified';
ALTER DATABASE :"DBNAME" SET rowguard.jwks = :'jwks';
