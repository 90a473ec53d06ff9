"""
Draw the top of a report for the README, with Chromium.

``python -m docs.tools.report_picture demo/nrs_brightobj/results/*_report.html docs/_static/report.png``
"""

import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["draw_report", "main"]

# Size of the window in pixels, colours of the palette and pixels across of the picture.
_WINDOW, _COLOURS, _WIDTH = (1100, 1280), 96, 880


def draw_report(report, picture):
    """
    Draw the top of a page into a small PNG.

    Parameters
    ----------
    report : Path
        The page, HTML.
    picture : Path
        File to write.
    """
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "page.png"
        command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars"]
        command += [f"--window-size={_WINDOW[0]},{_WINDOW[1]}", f"--screenshot={drawn}"]
        subprocess.run([*command, report.resolve().as_uri()], check=True, capture_output=True)
        image = Image.open(drawn).convert("RGB")
        size = (_WIDTH, round(_WIDTH * image.height / image.width))
        image.resize(size, Image.Resampling.LANCZOS).quantize(_COLOURS).save(picture, optimize=True)


def main():
    """Draw the report and write the picture that the command line names."""
    draw_report(*map(Path, sys.argv[1:3]))


if __name__ == "__main__":
    main()
