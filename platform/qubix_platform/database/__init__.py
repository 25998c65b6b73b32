"""Access to PostgreSQL: settings, engine, the transaction at the edge, migrations and the embedded server."""
