"""mkdocs hook: a page for each model of the gallery, with its figure, and the page of all.

A figure is drawn anew when its script has changed, and the script held against its publication
(scripts/gallery_checks.py); figures are kept in .cache/gallery, or where RHEOBASE_GALLERY says.
"""

import os
import sys
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("RHEOBASE_GALLERY", ROOT / ".cache" / "gallery"))
sys.path.insert(0, str(ROOT / "scripts"))

import gallery  # noqa: E402


def page(model, printed):
    output = f"\nIt prints\n\n```text\n{printed.rstrip()}\n```\n" if printed.strip() else ""
    return (
        f"# {model.title}\n\n{model.text}\n\n![{model.title}]({model.name}.png)\n{output}\n"
        f'```python title="{model.name}.py"\n{model.code}\n```\n'
    )


def on_config(config):
    """Code that pages run may import show.py."""
    sys.path.append(str(ROOT / "docs" / "hooks"))
    return config


def on_files(files, config):
    cards = []
    for model in gallery.models():
        figure, printed = gallery.shown(model, CACHE)
        files.append(File.generated(config, f"gallery/{model.name}.png", content=figure))
        files.append(
            File.generated(config, f"gallery/{model.name}.md", content=page(model, printed))
        )
        cards.append(
            f"-   [![{model.title}]({model.name}.png)]({model.name}.md)\n\n"
            f"    [{model.title}]({model.name}.md)<br>{model.reference}\n"
        )
    head = (ROOT / "docs" / "hooks" / "gallery_head.md").read_text(encoding="utf-8")
    text = f'{head}\n<div class="grid cards" markdown>\n\n' + "\n".join(cards) + "\n</div>\n"
    files.append(File.generated(config, "gallery/index.md", content=text))
    return files
