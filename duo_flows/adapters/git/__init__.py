"""Git, by its command line: the one way code is changed."""
