"""The REST API, one module per resource of GitLab's documentation."""

from simulators.gitlab.routes import (
    branches,
    commits,
    discussions,
    emoji,
    files,
    hooks,
    issues,
    jobs,
    labels,
    members,
    merge_requests,
    merging,
    meta,
    notes,
    pipelines,
    projects,
    repository,
    todos,
)

ROUTERS = [
    module.api.router
    for module in (
        meta,
        projects,
        members,
        labels,
        repository,
        files,
        commits,
        branches,
        merging,
        merge_requests,
        issues,
        notes,
        discussions,
        emoji,
        pipelines,
        jobs,
        hooks,
        todos,
    )
]
