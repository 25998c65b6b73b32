"""How long a job of a provider that is gone needs to run elsewhere."""
