"""Run the Python of tutorials on the demo, for their pictures and to see that it works."""

import contextlib
import io
import os
import re
from pathlib import Path

__all__ = ["python_blocks", "run_examples"]

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def python_blocks(text):
    r"""
    Find the blocks of Python in a page.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    blocks : list of str
        Their code.

    Examples
    --------
    >>> python_blocks("Add:\n```python\n1 + 1\n```\n")
    ['1 + 1\n']
    """
    return _BLOCK.findall(text)


def run_examples(page, folder):
    """
    Run the blocks of Python in a page, one after the other in one session.

    Parameters
    ----------
    page : Path
        The page, Markdown.
    folder : Path
        Folder in which they are run, where pictures are left that they save.

    Returns
    -------
    printed : str
        What they printed.

    Raises
    ------
    RuntimeError
        If one of them fails; the message names the page.
    """
    import matplotlib as mpl

    mpl.use("agg")
    names, before, printed = {}, Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(printed):
            for block in python_blocks(page.read_text(encoding="utf-8")):
                exec(compile(block, page.name, "exec"), names)
    except Exception as error:
        msg = f"{page}: an example failed: {error}"
        raise RuntimeError(msg) from error
    finally:
        os.chdir(before)
    return printed.getvalue()
