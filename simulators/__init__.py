"""Stand-ins for GitLab and Claude: separate programs that speak the real protocols and import nothing of ours."""
