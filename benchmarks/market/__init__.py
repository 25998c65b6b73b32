"""What matching the jobs of a pass together saves their owners, on real offers."""
