"""Which job goes where: pure decisions over a snapshot of the market. No Ray, no SQL, no clock."""
