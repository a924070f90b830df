"""Flow files: YAML with positions, Jinja2 in a sandbox, JSON Schema."""
