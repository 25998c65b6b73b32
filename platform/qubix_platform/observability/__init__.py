"""What every process of the platform says of itself."""
