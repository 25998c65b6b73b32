"""The virtual environments that jobs run in: built once per content, read-only, shared, evicted when unused."""
