"""The commands. Each does one thing through the public interface, and prints what it did."""

from __future__ import annotations

import importlib
import os
import platform
import runpy
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click

import rheobase
from rheobase.backends.llvm.cache import cache_folder
from rheobase.brian2.legacy import check_cache, clear_cache
from rheobase.cli.bench import MODELS, Timing, time_example
from rheobase.cli.examples import example_path
from rheobase.cli.scripts import errors_shown, run_module, run_script
from rheobase.inspection import inspect_program
from rheobase.ir.program import Program
from rheobase.network import Network, watching
from rheobase.preference_names import prefs
from rheobase.summaries import text_table

__all__ = ["main"]

_AS_IS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
_script = click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(rheobase.__version__, prog_name="rheobase")
def main() -> None:
    """Simulate spiking neural networks from equations with units."""


@main.command(context_settings=_AS_IS)
@click.option("-m", "as_module", is_flag=True, help="SCRIPT is a module, as for python -m.")
@click.argument("script")
@_arguments
def run(script: str, arguments: tuple[str, ...], as_module: bool) -> None:
    """Run a Python script in which brian2 means rheobase.

    A Brian 2 script runs as it is: what it or a package imports from brian2, or from a module of
    brian2, is rheobase's. ARGUMENTS are the script's own. A module: rheobase run -m pytest tests
    """
    if as_module:
        run_module(script, arguments)
    elif Path(script).is_file():
        with errors_shown(Path(script)):
            run_script(Path(script), arguments)
    else:
        raise click.BadParameter(f"there is no file '{script}'", param_hint="SCRIPT")


@main.command(context_settings=_AS_IS)
@_arguments
def demo(arguments: tuple[str, ...]) -> None:
    """Run the main example, and draw its figure (cuba.png).

    4000 neurons, 320,000 synapses, one second (Vogels & Abbott 2005). ARGUMENTS are those of
    examples/cuba.py, such as --no-plot.
    """
    sys.argv = ["rheobase demo", *arguments]
    try:
        runpy.run_path(str(example_path("cuba")), run_name="__main__")
    except ImportError as error:
        raise click.ClickException(
            f"{error}\n(or without the figure: rheobase demo --no-plot)"
        ) from error


@main.command()
def info() -> None:
    """Print versions, processor and cache: what a report of a problem should say."""
    binding: Any = importlib.import_module("llvmlite.binding")  # it has no types
    names = ("numpy", "llvmlite", "sympy", "matplotlib")
    rows = [
        ("rheobase", rheobase.__version__),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        *((name, _version(name)) for name in names),
        ("LLVM", ".".join(map(str, binding.llvm_version_info))),
        ("system", platform.platform()),
        ("processor", f"{binding.get_host_cpu_name()}, {os.cpu_count()} threads"),
        ("cache", f"{cache_folder()} ({_amount()})"),
    ]
    click.echo("\n".join(f"{name:<11} {value}" for name, value in rows))


def _amount() -> str:
    """How much compiled code is kept, and how much may be."""
    files, megabytes = check_cache()
    bound = prefs["codegen.max_cache_dir_size"]
    at_most = f", at most {bound} MB" if bound else ""
    return f"{files} kernels, {megabytes:.1f} MB{at_most}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


@main.command()
@click.option("--clear", is_flag=True, help="Delete all of it.")
def cache(clear: bool) -> None:
    """Show where compiled code is kept, and how much; or delete it.

    Deleting costs nothing but time: what is needed again is compiled again.
    """
    click.echo(f"{cache_folder()}: {_amount()}")
    if clear:
        clear_cache()
        click.echo("deleted")


@main.command()
@click.argument("models", nargs=-1, type=click.Choice(MODELS))
@click.option("--duration", default=1.0, show_default=True, help="s of biological time.")
def bench(models: tuple[str, ...], duration: float) -> None:
    """Time the example networks on this machine.

    One run each, not the median of several: for a first impression. A checkout has
    benchmarks/run.py, which compares with C and with other simulators.
    """
    timings = [time_example(name, duration) for name in models or MODELS]
    head = ("network", "cells", "synapses", "build", "compile", "run", "a second takes", "rate")
    click.echo(text_table([head, *map(_timing_row, timings)]))


def _timing_row(t: Timing) -> tuple[str, ...]:
    return (
        t.name,
        f"{t.n_cells:,}",
        f"{t.n_synapses:,}",
        f"{t.build:.2f} s",
        f"{t.compile:.2f} s",
        f"{t.run:.2f} s",
        f"{t.factor:.2f} s",
        f"{t.rate:.1f} Hz",
    )


@main.command(context_settings=_AS_IS)
@_script
@_arguments
def inspect(script: Path, arguments: tuple[str, ...]) -> None:
    """Show the program that a script compiles to, and do not run it.

    The script is executed up to its first run(). Printed: the kernels in the order of one step,
    what each goes over, the bytes it moves and the operations it makes for each element, what
    threads share out or why one does all of it, and its code. A script that uses brian2 is fine.
    """

    def show(network: Network, program: Program) -> None:
        click.echo(str(inspect_program(program)))
        raise click.exceptions.Exit

    with watching(show):
        run_script(script, arguments)
    raise click.ClickException(f"{script} has ended without a run()")
