"""A stand-in for GitLab: a real HTTP server over real git repositories, for trying things without a GitLab."""
