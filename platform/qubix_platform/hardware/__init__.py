"""What a hardware report amounts to as an offer: names as the market uses them, memory, a suggested price."""
