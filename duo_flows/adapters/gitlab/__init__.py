"""GitLab, by python-gitlab: the one place that imports it."""
