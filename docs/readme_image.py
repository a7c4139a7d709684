"""Draw docs/images/readme.png by running the script that README.md shows.

python docs/readme_image.py
"""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def readme_script():
    """The first Python block of README.md."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    if block is None:
        raise SystemExit("README.md holds no Python block")
    return block.group(1)


def main():
    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    script = "from rheobase import seed\nseed(1)\n" + readme_script()
    exec(compile(script, "README.md", "exec"), {"__name__": "__main__"})
    print(folder / "readme.png")


if __name__ == "__main__":
    main()
