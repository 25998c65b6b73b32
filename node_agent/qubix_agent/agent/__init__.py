"""The process that keeps a machine on the market: joins, reports, looks after its Ray node, leaves in order."""
