"""New jobs like old ones."""
