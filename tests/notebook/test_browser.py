"""A notebook in a real browser: groups, progress and errors, and the Interrupt button.

Needs notebook, ipywidgets, tqdm, playwright and Chromium; skipped where one of them is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rheobase

for package in ("notebook", "ipywidgets", "tqdm"):
    pytest.importorskip(package)
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no Chromium", allow_module_level=True)

CELLS = (
    "from rheobase import *\n"
    "G = NeuronGroup(2, 'dv/dt = -v/(10*ms) : volt', method='exact')\n"
    "G.v = 1*mV\nnet = Network(G)\nG",
    "net.run(0.1*second, report='text')",
    "net.run(0.1*second, report='bar')",
    "NeuronGroup(2, 'dv/dt = -v/(10*ms) + 1 : volt')",
    "net.run(1e7*second, report='bar')",
    "at = net.t\nnet.run(1*ms)\nprint('went on for', net.t - at)",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    cells = [
        {"cell_type": "code", "id": f"c{k}", "metadata": {}, "source": c, "outputs": [],
         "execution_count": None} for k, c in enumerate(CELLS)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    page = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "page.ipynb").write_text(json.dumps(page))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "notebook", "--allow-root", "--no-browser", f"--port={port}",
               "--IdentityProvider.token=t", f"--ServerApp.root_dir={folder}"]  # fmt: skip
    source = str(Path(rheobase.__file__).parents[1])
    log = (folder / "log").open("w")
    environment = os.environ | {"PYTHONPATH": source}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    deadline = time.time() + 60
    while time.time() < deadline:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    yield f"http://localhost:{port}/notebooks/page.ipynb?token=t"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def shown(server):
    """What each cell shows when all have run, the long one stopped by the button; and how soon."""
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 3000})
        page.goto(server)
        page.wait_for_selector(".jp-CodeCell", timeout=60_000)
        page.wait_for_selector("text=Python 3 (ipykernel)")
        page.wait_for_timeout(2000)
        page.click(".jp-CodeCell .cm-content")

        def wait_until_idle() -> float:
            since = time.time()
            page.wait_for_timeout(100)
            while "[*]" in page.inner_text(".jp-Notebook"):
                assert time.time() - since < 60
                page.wait_for_timeout(20)
            return time.time() - since

        stopped_after = 0.0
        for code in CELLS:
            page.keyboard.press("Shift+Enter")
            if "1e7" in code:
                page.wait_for_timeout(3000)
                page.click('.jp-Toolbar [title*="nterrupt"], [data-command*="interrupt"]')
                stopped_after = wait_until_idle()
            else:
                wait_until_idle()
        page.wait_for_timeout(1000)
        cells = page.query_selector_all(".jp-CodeCell")[: len(CELLS)]
        texts = [c.query_selector(".jp-Cell-outputArea").inner_text() for c in cells]
        formulas = len(cells[0].query_selector_all("mjx-container"))
        bars = [len(c.query_selector_all(".widget-hprogress, .jupyter-widgets")) for c in cells]
        browser.close()
    return texts, formulas, bars, stopped_after


def test_a_group_shows_its_equations_typeset(shown):
    texts, formulas, _, _ = shown
    assert "2 neurons" in texts[0]
    assert formulas >= 1


def test_progress_as_text_and_as_a_bar(shown):
    texts, _, bars, _ = shown
    assert "Simulating 100. ms from t = 0. s" in texts[1]
    assert "(100%)" in texts[1]
    assert bars[2] > 0
    assert "0.1/0.1" in texts[2]


def test_an_error_is_its_cell_and_its_message(shown):
    texts, _, _, _ = shown
    lines = texts[3].splitlines()
    assert lines[0] == "Cell In[4], line 1"
    assert "cannot be added" in texts[3]
    assert "rheobase/" not in texts[3]


def test_interrupting_stops_at_once_and_the_run_goes_on(shown):
    texts, _, _, stopped_after = shown
    assert stopped_after < 2  # the browser's way there and back; the run itself stops within 20 ms
    assert "interrupted" in texts[4]
    assert "went on for 1. ms" in texts[5]
