"""Draw the pictures anew that test_images.py compares with; look at each before keeping it.

python -m tests.plotting.record_images
"""

from pathlib import Path

from tests.plotting.pictures import PICTURES, draw
from tests.plotting.test_images import save

if __name__ == "__main__":
    folder = Path(__file__).parent / "images"
    for name in PICTURES:
        save(draw(name), folder / f"{name}.png")
        print(folder / f"{name}.png")
