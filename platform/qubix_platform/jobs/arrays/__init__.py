"""Arrays: many jobs of one submission."""
