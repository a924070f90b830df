"""The same push at a GitLab: its projects, its protected branches, its refusals."""

import pytest

from duo_flows.adapters.git import GitRepository
from duo_flows.adapters.gitlab import GitLabForge
from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from tests.stand_ins import running_gitlab

pytestmark = pytest.mark.server

SCENARIO = """
gitlab:
  users:
    - {username: duo, name: GitLab Duo, token: glpat-duo-service-account-token, bot: true}
    - {username: maya, name: Maya Chen, token: maya-token}
  projects:
    - path: shop/api
      members: {duo: developer, maya: maintainer}
      commits:
        - {branch: main, author: maya, message: Begin, contents: {src/app.py: "print(1)\\n"}}
        - {branch: fix, start_branch: main, author: maya, message: Fix, contents: {src/new.py: "x\\n"}}
      protected_branches: {main: maintainer}
    - path: shop/read
      members: {duo: reporter, maya: maintainer}
      commits:
        - {branch: main, author: maya, message: Begin, contents: {src/app.py: "print(1)\\n"}}
      protected_branches: {}
"""


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory):
    directory = tmp_path_factory.mktemp("gitlab")
    (directory / "scenario.yaml").write_text(SCENARIO)
    with running_gitlab(directory, directory) as running:
        yield running


@pytest.fixture
def forge(gitlab):
    made = GitLabForge(gitlab.url, gitlab.token("duo"))
    yield made
    made.close()


@pytest.fixture
def repository(gitlab, tmp_path):
    return GitRepository(lambda: gitlab.token("duo"), account=("GitLab Duo", "duo@example.com"), cache_dir=tmp_path / "cache")


@pytest.fixture
def prepared(forge, change_of):
    """Return (project, change) for the present head of a branch."""

    async def made(path, branch):
        project = await forge.project(path)
        head = (await forge.branch(project.id, branch)).sha
        return project, change_of(branch=branch, base_sha=head, project_id=project.id)

    return made


async def test_a_change_is_pushed_to_a_merge_requests_branch(repository, forge, prepared):
    project, change = await prepared("shop/api", "fix")
    result = await repository.push_change(project, change, message="Fix it\n\nDuo-Session: s-1")

    assert result.sha == (await forge.branch(project.id, "fix")).sha
    assert (await forge.file(project.id, "src/app.py", ref="fix")).text == "print(2)\n"
    assert (await forge.commit(project.id, result.sha)).is_ours
    assert (await repository.push_change(project, change, message="Fix it\n\nDuo-Session: s-1")).sha == result.sha


async def test_a_protected_branch_gives_gitlabs_reason(repository, forge, prepared):
    project, change = await prepared("shop/api", "main")
    with pytest.raises(Refused, match="not allowed to push code to protected branches") as refused:
        await repository.push_change(project, change, message="Fix it")
    assert refused.value.code == "push_refused"
    assert (await forge.branch(project.id, "main")).sha == change.base_sha


async def test_a_project_that_may_only_be_read_is_refused(repository, forge, prepared):
    project, change = await prepared("shop/read", "main")
    with pytest.raises(Refused, match="not allowed to push") as refused:
        await repository.push_change(project, change, message="Fix it")
    assert refused.value.code == "push_refused"
    assert (await forge.branch(project.id, "main")).sha == change.base_sha


async def test_a_project_that_is_not_there_is_not_found(repository, prepared):
    project, change = await prepared("shop/api", "fix")
    gone = project.model_copy(update={"clone_url": project.clone_url.replace("/api.git", "/gone.git")})
    with pytest.raises(NotFound):
        await repository.push_change(gone, change, message="Fix it")


async def test_a_stale_token_is_not_accepted(prepared, tmp_path):
    project, change = await prepared("shop/api", "fix")
    stale = GitRepository("glpat-stale", account=("D", "d@x"), cache_dir=tmp_path / "cache")
    with pytest.raises(NeverAgain, match="does not accept the service account's token"):
        await stale.push_change(project, change, message="Fix it")
