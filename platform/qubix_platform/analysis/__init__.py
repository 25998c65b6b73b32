"""What a script or notebook seems to need, read from its syntax tree. Nothing of it is ever executed."""
