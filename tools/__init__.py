"""Tools of the house: the law checks and the scripts behind the Makefile."""
