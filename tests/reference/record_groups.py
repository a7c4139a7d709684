"""Record what the networks of group_scenarios.py do under Brian 2.

    python tests/reference/record_groups.py > tests/reference/brian_groups.json

Needs Brian 2 in the environment that runs it; rheobase is not needed. Floats have 9 digits.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import group_scenarios

import brian2


def main():
    brian2.prefs.codegen.target = "numpy"
    brian2.BrianLogger.log_level_error()
    found = {}
    for name, run in group_scenarios.SCENARIOS.items():
        brian2.start_scope()
        brian2.defaultclock.dt = 0.1 * brian2.ms
        found[name] = group_scenarios.plain(run(brian2))
    about = {"simulator": f"Brian {brian2.__version__}", "command": "record_groups.py"}
    lines = ",\n".join(f"{json.dumps(n)}: {json.dumps(r)}" for n, r in found.items())
    print(f'{{"about": {json.dumps(about)}, "scenarios": {{\n{lines}\n}}}}')


if __name__ == "__main__":
    main()
