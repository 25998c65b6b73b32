"""How long a whole platform takes to be up and down, beside a bare Ray head."""
