"""Pages of the library's packages, of their docstrings."""

import ast
from functools import cache
from pathlib import Path

__all__ = ["api_pages", "first_line", "resolve_short_name"]


def first_line(path):
    """
    Read the first line of a module's docstring.

    Parameters
    ----------
    path : Path
        The module; nothing of it is run.

    Returns
    -------
    line : str
        The line.
    """
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]


def api_pages(root):
    """
    Make a page for each package of the library, and one of the steps.

    Parameters
    ----------
    root : Path
        Folder of the repository.

    Returns
    -------
    pages : dict of str to str
        reStructuredText by the name of the page.
    """
    steps = sorted((root / "scripts").glob("[a-z]*.py"))
    pages = {"scripts": _page(root, "scripts", "One module for each step of the workflow.", steps)}
    for package in sorted((root / "scripts" / "lib").rglob("__init__.py")):
        name = ".".join(package.parent.relative_to(root).parts)
        modules = sorted(package.parent.glob("[a-z]*.py"))
        pages[name] = _page(root, name, first_line(package), modules)
    return pages


def _page(root, name, about, modules):
    """Page of modules under one heading."""
    parts = [name, "=" * len(name), "", about, ""]
    for path in modules:
        module = ".".join(Path(path).relative_to(root).with_suffix("").parts)
        parts += [module, "-" * len(module), "", f".. automodule:: {module}", "   :members:", ""]
    return "\n".join(parts)


def resolve_short_name(app, env, node, contnode):
    """
    Find what a docstring names without its module, as ``Segment.sort_key``.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    env : sphinx.environment.BuildEnvironment
        What it has read.
    node : docutils.nodes.Node
        The reference.
    contnode : docutils.nodes.Node
        Its text.

    Returns
    -------
    found : docutils.nodes.Node or None
        A link where one object of the library has the name, plain text where only its source
        has it (constants have no docstring), else None, and the build warns.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"]
    domain = env.get_domain("py")
    paths = [path for path in domain.objects if path.endswith(f".{name}")]
    if len(paths) == 1:
        builder, page = app.builder, node["refdoc"]
        return domain.resolve_xref(env, page, builder, "obj", paths[0], node, contnode)
    last = name.rpartition(".")[2]
    return contnode if paths or last in _public_names() else None


@cache
def _public_names():
    """Names of constants, classes and their members in the library."""
    names = set()
    for path in (Path(__file__).resolve().parents[2] / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
            elif isinstance(node, ast.Assign):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)
