"""The gallery: models from the literature, one script each in examples/gallery, with its figure.

    python scripts/gallery.py [NAME ...] [--folder FOLDER]     draws the figures of some, or all

A script is what a user would write: its docstring says in the first line what is shown, then the
publication and what to look at; it prints a few numbers, draws with pyplot and calls plt.show().
"""

import argparse
import contextlib
import hashlib
import io
import os
import runpy
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gallery_checks import CHECKS

GALLERY = Path(__file__).resolve().parents[1] / "examples" / "gallery"


@dataclass(frozen=True)
class Model:
    """A script of the gallery, read but not run."""

    path: Path

    @property
    def name(self):
        return self.path.stem

    @property
    def source(self):
        return self.path.read_text(encoding="utf-8")

    @property
    def docstring(self):
        return self.source.split('"""')[1].strip()

    @property
    def title(self):
        return self.docstring.splitlines()[0].rstrip(".")

    @property
    def reference(self):
        """Authors and year, from the name: 'Wang, Buzsaki 1996'."""
        *authors, year = self.name.split("_")
        return f"{', '.join(a.capitalize() for a in authors)} {year}"

    @property
    def text(self):
        return "\n".join(self.docstring.splitlines()[1:]).strip()

    @property
    def code(self):
        return self.source.split('"""', 2)[2].strip()


def models():
    """All of them, in the order of their names."""
    return [Model(path) for path in sorted(GALLERY.glob("*.py"))]


@contextlib.contextmanager
def no_windows():
    """Figures stay in memory; plt.show() does nothing."""
    import matplotlib as mpl

    with mpl.rc_context({"figure.dpi": 100, "savefig.dpi": 110}):
        mpl.use("agg")
        from matplotlib import pyplot

        show, pyplot.show = pyplot.show, lambda *args, **options: None
        try:
            yield pyplot
        finally:
            pyplot.show = show
            pyplot.close("all")


def run(model, figure_path=None):
    """Run a script; returns (what it printed, its names). Its last figure is saved if asked for."""
    import rheobase

    rheobase.start_scope()
    rheobase.defaultclock.dt = 0.1 * rheobase.ms
    rheobase.seed(1)
    printed = io.StringIO()
    with no_windows() as pyplot, contextlib.redirect_stdout(printed):
        names = runpy.run_path(str(model.path), run_name="__main__")
        if not pyplot.get_fignums():
            raise AssertionError(f"{model.name} draws no figure")
        if figure_path is not None:
            pyplot.gcf().savefig(figure_path)
    return printed.getvalue(), names


def shown(model, folder):
    """(figure as bytes, what was printed) of a script that shows what its publication says.

    Both are kept in the folder, and the script runs only if they are not there.
    """
    key = hashlib.sha256(model.source.encode()).hexdigest()[:16]
    figure, text = (folder / f"{model.name}-{key}.{kind}" for kind in ("png", "txt"))
    if not text.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as new:
            printed, names = run(model, Path(new, "figure.png"))
            CHECKS[model.name](names)
            Path(new, "text").write_text(printed, encoding="utf-8")
            os.replace(Path(new, "figure.png"), figure)
            os.replace(Path(new, "text"), text)  # last: where it is, the figure is
    return figure.read_bytes(), text.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--folder", type=Path, default=Path("gallery"))
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for model in models():
        if args.names and model.name not in args.names:
            continue
        began = time.perf_counter()
        printed, _ = run(model, args.folder / f"{model.name}.png")
        print(f"--- {model.name} ({time.perf_counter() - began:.1f} s)\n{printed}", flush=True)


if __name__ == "__main__":
    main()
