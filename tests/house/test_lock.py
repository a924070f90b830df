import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lock_of_the_image_is_the_products_part_of_the_whole_lock(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from runtime_lock import runtime_lock

    assert (ROOT / "requirements-runtime.lock").read_text(encoding="utf-8") == runtime_lock()
    sys.modules.pop("runtime_lock")
