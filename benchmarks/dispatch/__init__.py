"""How long a small job takes from its submission to the first line of the user's code, and how many go through."""
