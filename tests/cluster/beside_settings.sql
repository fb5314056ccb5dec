-- Of the database, and so in no dump without --create: native readers look at what older gateways set, too.
ALTER DATABASE :"DBNAME" SET rowguard.legacy_claims = on;
