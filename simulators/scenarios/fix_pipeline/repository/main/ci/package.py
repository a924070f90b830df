"""Packs the sources into one archive that Python can run from."""

import sys
import zipfile
from pathlib import Path


def pack(target: Path) -> int:
    """Write every module below src into the archive; the number of modules."""
    modules = sorted(Path("src").rglob("*.py"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for module in modules:
            archive.write(module, module.relative_to("src"))
    return len(modules)


if __name__ == "__main__":
    print(f"packed {pack(Path(sys.argv[1]))} modules into {sys.argv[1]}")
