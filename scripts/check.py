"""Every check and every test, in an environment that is made if it is missing.

    python3 scripts/check.py [--no-install]

Makes .venv, installs rheobase with its development tools, then runs ruff, pyright, mypy,
import-linter, mkdocs (which runs the gallery and the code on pages) and pytest (with the examples
in docstrings), side by side. The output of each comes whole, when it has ended, that of pytest
last. Goes on after a failure, so that one run shows everything; the exit code is 1 if anything
failed. --no-install uses the environment of the Python that runs this script.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
USER_SCRIPTS = [f"tests/typing/scripts/{name}.py" for name in ("quantities", "models", "moved")]
# The checks of a list run one after another, the lists beside each other and beside the tests.
LISTS = (
    (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("lint-imports",),
        ("mkdocs", "build", "--strict"),  # --quiet hides faults
        ("mypy", *USER_SCRIPTS),
    ),
    (
        ("pyright",),
        ("pyright", "-p", "tests/typing/scripts"),  # what users see of the types
    ),
)
TESTS = ("pytest", "-n", str(max(2, min(os.cpu_count() or 1, 8))))


def make_environment():
    """Make .venv with the development tools; returns the folder of its programs."""
    folder = ROOT / ".venv"
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    if not scripts.exists():
        print("making .venv", flush=True)
        venv.create(folder, with_pip=True)
    print("installing rheobase and its development tools", flush=True)
    install(scripts)
    return scripts


def install(scripts):
    """By uv, in a tenth of the time; by pip where uv does not get through: it knows no pip.conf."""
    python = str(scripts / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    uv = [str(scripts / "uv"), "pip", "install", "--quiet", "--system-certs", "--python", python]
    tools = ["--editable", ".[dev]"]
    env = {**os.environ, "UV_HTTP_RETRIES": "0"}
    by_uv = ([*pip, "uv>=0.13,<1"], [*uv, *tools])
    if any(subprocess.run(command, cwd=ROOT, env=env).returncode for command in by_uv):
        subprocess.run([*pip, *tools], cwd=ROOT, check=True)


class Checks:
    """Runs commands and keeps the names of those that failed.

    scripts   folder of the programs
    """

    def __init__(self, scripts):
        self._scripts = scripts
        # pyright asks the first python in PATH for the packages
        path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
        self._env = {**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1"}
        # pyright spends a tenth of its time on garbage where Node may not let young objects lie
        options = [os.environ.get("NODE_OPTIONS", ""), "--max-semi-space-size=128"]
        self._env["NODE_OPTIONS"] = " ".join(filter(None, options))
        self._gallery = tempfile.TemporaryDirectory(prefix="rheobase-gallery-")
        self._env["RHEOBASE_GALLERY"] = self._gallery.name  # one run of each script is enough
        self._running = set()
        self.failed = []

    def stop(self, *_):
        """For Ctrl-C: ends what is running, and this script."""
        for process in self._running:
            with suppress(ProcessLookupError):
                process.terminate()
        self._gallery.cleanup()
        print("stopped", file=sys.stderr, flush=True)
        os._exit(130)

    async def run(self, command, after=()):
        """Run a command; print its output when it has ended and the tasks in `after` have, too."""
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            str(self._scripts / command[0]),
            *command[1:],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._running.add(process)
        output, _ = await process.communicate()
        self._running.remove(process)
        took = time.monotonic() - began
        await asyncio.gather(*after)
        print(f"--- {' '.join(command)}: {took:.0f} s", flush=True)
        sys.stdout.buffer.write(output)
        sys.stdout.flush()
        if process.returncode:
            self.failed.append(" ".join(command))
            print(f"{command[0]} failed", flush=True)

    async def run_list(self, commands):
        for command in commands:
            await self.run(command)

    async def run_all(self):
        beside = [asyncio.create_task(self.run_list(commands)) for commands in LISTS]
        await self.run(TESTS, after=beside)  # last: its closing line closes the output


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-install", action="store_true")
    args = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (any Python may start this script)
        parser.error("rheobase needs Python 3.11 or newer")

    checks = Checks(Path(sys.executable).parent if args.no_install else make_environment())
    print("running all checks and tests side by side", flush=True)
    signal.signal(signal.SIGINT, checks.stop)
    asyncio.run(checks.run_all())
    if checks.failed:
        sys.exit("failed: " + ", ".join(checks.failed))


if __name__ == "__main__":
    main()
