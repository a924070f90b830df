"""What flows read of the GitLab that they work in."""

import pytest

from duo_flows.domain.instance import GitLabInstance


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://gitlab.com", "GitLab.com (SaaS)"),
        ("https://staging.GitLab.com/", "GitLab.com (SaaS)"),
        ("https://dedicated-acme.gitlab.com", "GitLab Dedicated"),
        ("https://gitlab.example.com:8443/git", "Self-Managed"),
        ("https://gitlab.com.example.org", "Self-Managed"),
        ("", "Self-Managed"),
    ],
)
def test_the_kind_of_an_instance_is_told_by_its_host(url: str, kind: str) -> None:
    assert GitLabInstance(url=url).kind == kind
