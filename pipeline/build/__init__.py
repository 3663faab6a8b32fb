"""From bytes kept to a table: models of one SELECT, what they read, how they are built."""
