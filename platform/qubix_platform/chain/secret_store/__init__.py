"""Where an operator keeps secrets apart from the platform's machine."""
