"""`make proof`: the long checks, and a dated table of what they showed."""
