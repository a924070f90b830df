"""The second journey: GA-004 is edited by a reviewer, and GA-005 comes of a re-run."""

from duo_flows.domain.plans.diff import Change, diff
from duo_flows.domain.plans.diff_text import diff_lines, diff_markdown, summary_line
from duo_flows.domain.plans.effects import PlanEffects, ProjectEffects
from duo_flows.domain.plans.item_text import item_description, read_description
from duo_flows.domain.plans.revisions import RevisionContent
from tests.domain.plans.given_plans import plan

IMPACT = (
    "This flow will modify authentication configuration across 34 services and all active user sessions. If approved and executed "
    "incorrectly, all 400 hospital portals will be unable to authenticate users until manually rolled back."
)
CHECKLIST = (
    "Confirm the replacement IdP vendor contract has been signed",
    "Confirm staging migration completed successfully (see pipeline #44821)",
    "Confirm rollback procedure has been reviewed by on-call team",
    "Confirm change window has been scheduled and hospital IT liaisons notified",
)
GA_004_PLAN = """\
## Pre-migration validation

1. Compare the SCIM groups of both providers
2. Check that no service pins the old certificate

## Configuration changes by service

### Phase 1

- Update `meridian-scheduling`: SAML metadata and callback addresses
- Update `meridian-billing`: SAML metadata and callback addresses, after `meridian-scheduling`
- Update `meridian-portal`: OAuth client and session cookie

### Phase 3

- Update `meridian-reports`: OAuth client

## SCIM group mapping updates

The 41 groups are mapped by name; membership is copied once and then kept in step every five minutes.

## Rollback procedure

Switch the feature flag `new_idp` off per region; sessions fall back to the old provider at the next sign-in.
"""
GA_005_PLAN = """\
## Pre-migration validation

1. Compare the SCIM groups of both providers
2. Check that no service pins the old certificate
3. Check that the audit bridge receives events of both providers

## Configuration changes by service

### Phase 1

- Update `meridian-scheduling`: SAML metadata and callback addresses
- Update `meridian-portal`: OAuth client and session cookie

### Phase 3

- Update `meridian-reports`: OAuth client
- Update `meridian-billing`: SAML metadata and callback addresses, after the code freeze ends on Oct 31

## SCIM group mapping updates

Before the window an audit log bridge writes session events of both providers into one trail, so that it has no gap.

The 41 groups are mapped by name; membership is copied once and then kept in step every five minutes.

## Rollback procedure

Switch the feature flag `new_idp` off per region; sessions fall back to the old provider at the next sign-in.
"""


def effects(*paths, files):
    project = ProjectEffects(project_id=7, project_path="meridian/core", branches=("idp-migration/*",), paths=paths, files=files)
    return PlanEffects(projects=(project,), tools=("create_commit",))


GA_004 = RevisionContent(
    title="Identity Provider Migration — Execution Plan",
    impact=IMPACT,
    summary="The flow has mapped the full scope of the current identity provider integration.",
    plan=plan(GA_004_PLAN),
    effects=effects("config/saml/**", files=34),
    checklist=CHECKLIST,
)
GA_005 = GA_004.model_copy(update={"plan": plan(GA_005_PLAN), "effects": effects("config/saml/**", "lib/audit/**", files=36)})

BILLING = "- Update `meridian-billing`: SAML metadata and callback addresses, after `meridian-scheduling` <!-- e:7 -->\n"
LATER = "- Update `meridian-billing`: SAML metadata and callback addresses, after the code freeze ends on Oct 31 <!-- e:7 -->\n"
REPORTS = "- Update `meridian-reports`: OAuth client <!-- e:a -->\n"


def daniels_edit():
    """Return what comes of Daniel's editing the issue in GitLab: the line cut out, put below Phase 3, and written on."""
    text = item_description(GA_004)
    assert BILLING in text
    assert REPORTS in text
    return read_description(text.replace(BILLING, "").replace(REPORTS, REPORTS + LATER), GA_004).content


def test_daniels_edit_is_one_element_that_moved_and_changed():
    [one] = diff(GA_004, daniels_edit()).elements
    assert (one.change, one.is_moved, one.section) == (Change.CHANGED, True, "Phase 3")
    assert one.after.id == "7"
    [line] = diff_lines(diff(GA_004, daniels_edit()))
    assert line == (
        "~ changed and moved list item in “Phase 3”: Update `meridian-billing`: SAML metadata and callback addresses, after "
        "[-`meridian-scheduling`-]{+the code freeze ends on Oct 31+}"
    )


def test_daniels_edit_is_another_revision_and_widens_nothing():
    edited = daniels_edit()
    assert edited.digest != GA_004.digest
    assert not diff(GA_004, edited).is_wider
    assert summary_line(diff(GA_004, edited)) == "Changed: elements: 1 changed."


def test_the_re_run_shows_what_is_new_since_daniels_edit():
    found = diff(daniels_edit(), GA_005, is_same_item=False)
    assert [(one.change.value, one.section) for one in found.elements] == [
        ("added", "Pre-migration validation"),
        ("added", "SCIM group mapping updates"),
    ]
    assert "audit log bridge" in found.elements[1].after.text


def test_the_re_run_shows_the_whole_way_from_the_first_plan():
    found = diff(GA_004, GA_005, is_same_item=False)
    assert found.counts() == {Change.ADDED: 2, Change.REMOVED: 0, Change.CHANGED: 1, Change.MOVED: 0}


def test_what_the_re_run_may_touch_besides_stands_first():
    shown = diff_markdown(diff(GA_004, GA_005, is_same_item=False)).split("\n")
    assert shown[0] == "- WIDER EFFECTS: also path lib/audit/\\*\\* of meridian/core"
    assert shown[1] == "- WIDER EFFECTS: at most 36 instead of 34 files of meridian/core"
