"""What a user's machines have run, and earned with it."""
