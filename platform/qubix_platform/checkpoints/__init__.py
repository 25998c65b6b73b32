"""What attempts saved, for those that come after them."""
