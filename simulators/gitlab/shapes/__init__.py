"""How the records look in JSON: the REST API's answers, checked against GitLab's."""
