SELECT format('dbname=bank user=postgres host=%s', split_part(current_setting('unix_socket_directories'), ',', 1)) AS publisher \gset
CREATE SUBSCRIPTION moved CONNECTION :'publisher' PUBLICATION everything WITH (create_slot = false);
