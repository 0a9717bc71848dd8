"""The only SQL. Nothing outside imports a database driver; rows leave as our own values."""
