"""The command line: calls the API with its user's GitLab token; starts the embedded stack."""
