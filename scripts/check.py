"""Every check and every test, in an environment that is made if it is missing.

    python3 scripts/check.py [--no-install]

Makes .venv, installs rheobase with its development tools, then runs ruff, pyright, import-linter
and pytest (with the examples in docstrings). Goes on after a failure, so that one run shows
everything; the exit code is 1 if anything failed. --no-install uses the environment of the
Python that runs this script.
"""

import argparse
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (
    ("ruff check", "."),
    ("ruff format", "--check", "."),
    ("pyright",),
    ("pyright", "-p", "tests/typing/scripts"),  # what users see of the types
    ("mypy", *(f"tests/typing/scripts/{name}.py" for name in ("quantities", "models", "moved"))),
    ("lint-imports",),
    ("mkdocs", "build", "--strict"),  # runs the gallery and code on pages; --quiet hides faults
    ("pytest", "-n", "2"),  # last: its closing line closes the output
)


def make_environment():
    """Make .venv with the development tools; returns the folder of its programs."""
    folder = ROOT / ".venv"
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    if not scripts.exists():
        print("making .venv", flush=True)
        venv.create(folder, with_pip=True)
    pip = [scripts / "python", "-m", "pip", "--disable-pip-version-check"]
    print("installing rheobase and its development tools", flush=True)
    subprocess.run([*pip, "install", "--quiet", "-e", ".[dev]"], cwd=ROOT, check=True)
    return scripts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-install", action="store_true")
    args = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (any Python may start this script)
        parser.error("rheobase needs Python 3.11 or newer")

    scripts = Path(sys.executable).parent if args.no_install else make_environment()
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
    env = {
        **os.environ,
        "PATH": path,
        "NO_MKDOCS_2_WARNING": "1",
    }  # pyright asks the first python in PATH for the packages
    failed = []
    for name, *options in CHECKS:
        command = [*name.split(), *options]
        print(f"--- {' '.join(command)}", flush=True)
        began = time.monotonic()
        program = str(scripts / command[0])
        code = subprocess.run([program, *command[1:]], cwd=ROOT, env=env).returncode
        if code:
            failed.append(name)
            took = time.monotonic() - began
            print(f"{name} failed ({took:.0f} s)", file=sys.stderr, flush=True)
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
