"""Record what the C programs of benchmarks/c do: rates and spike counts of several seeds.

    python tests/reference/record_c.py NAME [--duration S] [--seeds K]

Needs a C compiler. Prints one JSON object of the same form as record_brian.py.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "benchmarks" / "c"
CFLAGS = ("-O3", "-march=native", "-ffast-math")
KEPT = ("seed", "synapses", "spikes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["cuba", "cobahh", "brunel"])
    parser.add_argument("--duration", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / args.name
        source = SOURCES / f"{args.name}.c"
        subprocess.run(["cc", *CFLAGS, "-o", binary, source, "-lm"], check=True)
        for seed in range(1, args.seeds + 1):
            options = ["--duration", str(args.duration), "--seed", str(seed)]
            out = subprocess.run([binary, *options], check=True, capture_output=True, text=True)
            run = json.loads(out.stdout)
            rates = {f"rate_{name}": rate for name, rate in run["rates"].items()}
            runs.append({**{key: run[key] for key in KEPT}, **rates})
    result = {
        "simulator": f"C, benchmarks/c/{args.name}.c",
        "command": " ".join(["record_c.py", *sys.argv[1:]]),
        "model": args.name,
        "duration": args.duration,
        "runs": runs,
    }
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
