"""Takes payments and settles them with the provider."""
