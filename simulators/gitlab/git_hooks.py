"""The hooks git itself runs when somebody pushes: they refuse what is protected and report what moved.

The law of this module: the hooks decide nothing by themselves. The server says in the environment which refs
this user may not touch, and reads afterwards which refs moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = "STAND_IN_REFUSED_REFS"  # patterns, one per line: this user may not push there
PROTECTED = "STAND_IN_PROTECTED_REFS"  # patterns, one per line: no force push, no deletion by git
REPORT = "STAND_IN_REPORT"  # a file that gets `old new ref` for each ref that moved

_PRE_RECEIVE = """#!/bin/sh
# Every pushed ref comes as a line "old new ref"; one refusal refuses the whole push, as in GitLab.
matches() { # $1: a ref, $2: patterns, one per line
  printf '%s\\n' "$2" | while read -r pattern; do
    # shellcheck disable=SC2254
    case "$1" in $pattern) echo yes; break ;; esac
  done
}
refuse() { echo "GitLab: $1" >&2; exit 1; }
zero=0000000000000000000000000000000000000000
while read -r old new ref; do
  if [ -n "$(matches "$ref" "$STAND_IN_REFUSED_REFS")" ]; then
    refuse "You are not allowed to push code to protected branches on this project."
  fi
  [ -n "$(matches "$ref" "$STAND_IN_PROTECTED_REFS")" ] || continue
  if [ "$new" = "$zero" ]; then
    refuse "You can only delete protected branches using the web interface."
  fi
  if [ "$old" != "$zero" ] && ! git merge-base --is-ancestor "$old" "$new"; then
    refuse "You are not allowed to force push code to a protected branch on this project."
  fi
done
exit 0
"""

_POST_RECEIVE = """#!/bin/sh
cat >> "$STAND_IN_REPORT"
"""


def install_git_hooks(folder: Path) -> Path:
    """Write the hooks all repositories share, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("pre-receive", _PRE_RECEIVE), ("post-receive", _POST_RECEIVE)):
        script = folder / name
        script.write_text(text)
        script.chmod(0o755)
    return folder
