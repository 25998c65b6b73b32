"""The marketplace as people look at it: offers by filter, search and order."""
