"""The command `rheobase`: what each command prints, and what becomes of scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import rheobase
from rheobase.cli.main import main
from rheobase.preference_names import prefs

ROOT = Path(__file__).resolve().parents[2]
BRIAN_SCRIPT = """
import sys
from brian2 import *
import brian2.numpy_ as unit_numpy
from brian2.core.network import Network as TheirNetwork
from brian2.units.fundamentalunits import Quantity
start_scope()
cells = NeuronGroup(2, 'dv/dt = (2 - v)/(10*ms) : 1', threshold='v > 1', reset='v = 0')
spikes = SpikeMonitor(cells)
TheirNetwork(cells, spikes).run(100*ms)
print(spikes.num_spikes, sys.argv[1:], __name__, isinstance(unit_numpy.arange(2)*mV, Quantity))
"""


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "script.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_unedited_script_of_brian2_runs_with_its_own_arguments(tmp_path: Path) -> None:
    """20 ms*ln 2 apart: each cell fires 14 times in 100 ms."""
    result = call("run", script(tmp_path, BRIAN_SCRIPT), "--seed", "3")
    assert result.output == "28 ['--seed', '3'] __main__ True\n"
    assert result.exit_code == 0


def test_a_script_leaves_no_trace_in_the_process(tmp_path: Path) -> None:
    """Afterwards, brian2 means what it meant, and sys.argv is what it was."""
    before = list(sys.argv), list(sys.path), [m for m in sys.modules if m.startswith("brian2")]
    call("run", script(tmp_path, BRIAN_SCRIPT))
    after = list(sys.argv), list(sys.path), [m for m in sys.modules if m.startswith("brian2")]
    assert after == before


def test_a_name_that_is_nowhere_is_an_import_error(tmp_path: Path) -> None:
    """As in Python itself, whose traceback begins in the script, too."""
    path = script(tmp_path, "from brian2.core.network import Netwrok")
    result = call("run", path)
    assert result.exit_code == 1
    first, place, *_, last = result.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert place.strip() == f'File "{path}", line 1, in <module>'
    assert last.startswith("ImportError: cannot import name 'Netwrok'")


def test_a_script_finds_its_neighbours(tmp_path: Path) -> None:
    """Its folder is the first place for imports."""
    (tmp_path / "neighbour_of_script.py").write_text("answer = 42", encoding="utf-8")
    result = call("run", script(tmp_path, "from neighbour_of_script import *; print(answer)"))
    assert result.output == "42\n"


def test_a_module_runs_with_its_own_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one called -m, which is for the module here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab_package.py").write_text(BRIAN_SCRIPT, encoding="utf-8")
    result = call("run", "-m", "lab_package", "-x", "-m", "slow")
    assert result.output == "28 ['-x', '-m', 'slow'] __main__ True\n"


def test_a_script_that_is_not_there_is_named() -> None:
    result = call("run", "nowhere.py")
    assert "there is no file 'nowhere.py'" in result.output
    assert result.exit_code == 2


def test_inspect_shows_the_kernels_and_runs_nothing(tmp_path: Path) -> None:
    """The script stops before its first step, so it prints nothing."""
    result = call("inspect", script(tmp_path, BRIAN_SCRIPT))
    assert "state update" in result.output
    assert "v = 0" in result.output
    assert "__main__" not in result.output
    assert result.exit_code == 0


def test_inspect_of_a_script_without_a_run_says_so(tmp_path: Path) -> None:
    result = call("inspect", script(tmp_path, "x = 1"))
    assert "has ended without a run()" in result.output
    assert result.exit_code == 1


def test_info_names_versions_and_cache() -> None:
    output = call("info").output
    assert rheobase.__version__ in output
    for word in ("llvmlite", "LLVM", "processor", "cache"):
        assert word in output


def test_cache_is_deleted_on_request_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RHEOBASE_CACHE_DIR", str(tmp_path))
    kept = tmp_path / "native" / "kernel"
    kept.parent.mkdir()
    kept.write_bytes(b"x" * 2_000_000)
    (kept.parent / ".new-kernel").write_bytes(b"x")  # which another process is writing
    (kept.parent / "gone").symlink_to(tmp_path / "nowhere")  # which another process has deleted
    monkeypatch.setitem(prefs, "codegen.max_cache_dir_size", 500)
    assert "1 kernels, 2.0 MB, at most 500 MB" in call("cache").output
    assert kept.exists()
    assert "deleted" in call("cache", "--clear").output
    assert not kept.exists()


def test_demo_prints_the_rates_of_the_main_example() -> None:
    output = call("demo", "--no-plot", "--duration", "0.05").output
    assert "cuba: 4000 neurons" in output


def test_demo_of_an_installed_package_sees_the_names_of_its_script(tmp_path: Path) -> None:
    """A wheel carries the examples inside the package, whose own frames are never the script's."""
    package = Path(rheobase.__file__).parent
    shutil.copytree(package, tmp_path / "rheobase", ignore=shutil.ignore_patterns("__pycache__"))
    installed = tmp_path / "rheobase" / "cli" / "examples"
    shutil.copytree(ROOT / "examples", installed, ignore=shutil.ignore_patterns("__pycache__"))
    command = "from rheobase.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "demo", "--no-plot", "--duration", "0.05"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "cuba: 4000 neurons" in done.stdout, done.stderr


def test_bench_prints_a_line_for_each_network() -> None:
    output = call("bench", "cuba", "--duration", "0.02").output
    assert output.splitlines()[-1].split()[:2] == ["cuba", "4,000"]
