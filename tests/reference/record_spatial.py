"""Record what the neuron of spatial_model.py does under Brian 2.

    python tests/reference/record_spatial.py > tests/reference/brian_spatial.json

Needs Brian 2 in the environment that runs it; rheobase is not needed.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import spatial_model

import brian2


def main():
    brian2.prefs.codegen.target = "cython"
    brian2.BrianLogger.log_level_error()
    rows = spatial_model.potentials(brian2, 10)[::4, ::10]
    lines = ",\n".join(json.dumps([float(f"{x:.12g}") for x in row]) for row in rows)
    about = {"simulator": f"Brian {brian2.__version__}", "command": "record_spatial.py"}
    print(f'{{"about": {json.dumps(about)}, "v": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
