"""Signing in with a wallet, as both sides need it: what is signed, for whose address, and a devnet's known seeds."""
