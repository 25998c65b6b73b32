"""The wire: request and response models that API, SDK, agent and console share. One place, by law."""
