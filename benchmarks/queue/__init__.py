"""A thousand jobs that all wait at once, over twenty machines: how fast each is launched once it is decided on."""
