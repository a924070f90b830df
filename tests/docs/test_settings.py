from pathlib import Path

from duo_flows.bootstrap.settings_table import settings_table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_holds_every_setting_with_its_default_and_its_meaning():
    assert settings_table() in PAGE.read_text(encoding="utf-8")
