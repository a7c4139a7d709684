"""Run a program that says nothing of its memory; prints its peak as one line of JSON."""

import json
import resource
import subprocess
import sys

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"peak_rss_bytes": peak * (1 if sys.platform == "darwin" else 1024)}))
