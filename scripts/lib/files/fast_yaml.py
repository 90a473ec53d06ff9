"""Parse YAML that is not trusted: with the compiled parser where it is installed, and within limits."""

import re

__all__ = [
    "MOST_LEVELS",
    "check_nesting",
    "compose_limited",
    "load_limited",
    "safe_loader",
]

# Ten times the deepest and the largest tree of world coordinates. The compiled parser crashes on
# levels without end, and aliases of aliases stand for more values than any memory holds.
MOST_LEVELS, _MOST_NODES = 500, 1_000_000
_LINE_STARTS = re.compile(rb"^[ ?-]*", re.MULTILINE)
_BRACKETS = re.compile(rb"[\[\]{}]")


def safe_loader():
    """Loader class for ``yaml.load``: that of LibYAML or, where it is missing, the one in Python."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_nesting(text):
    """
    Make sure that a text can be given to a parser of YAML.

    Parameters
    ----------
    text : bytes
        The text, in UTF-8.

    Raises
    ------
    ValueError
        If it has more than ``MOST_LEVELS`` levels, or its parser finds an error on the way.
    """
    import yaml

    # Each level of a block takes a column, each other one a bracket.
    columns = max(map(len, _LINE_STARTS.findall(text)), default=0)
    if columns + _open_brackets(text) <= MOST_LEVELS:
        return
    levels = 0
    try:
        for event in yaml.parse(text, safe_loader()):
            levels += isinstance(event, yaml.CollectionStartEvent)
            levels -= isinstance(event, yaml.CollectionEndEvent)
            if levels > MOST_LEVELS:
                msg = f"it has more than {MOST_LEVELS} levels"
                raise ValueError(msg)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _open_brackets(text):
    """Largest number of brackets that are open at the same time; those in quotes count as well."""
    deepest = levels = 0
    for bracket in _BRACKETS.findall(text):
        levels += 1 if bracket in b"[{" else -1
        deepest = max(deepest, levels)
    return deepest


def compose_limited(text, loader=None):
    """
    Parse a text to the nodes of YAML.

    Parameters
    ----------
    text : bytes
        The text, in UTF-8.
    loader : type, optional
        Class of the loader; that of :func:`safe_loader` if not given.

    Returns
    -------
    node : yaml.Node or None
        Root of the tree; None if the text has none.

    Raises
    ------
    ValueError
        If the text is no YAML, contains itself, or has more levels than ``MOST_LEVELS`` or, with
        each alias written out, more nodes than ``_MOST_NODES``. The message is one line.
    """
    import yaml

    check_nesting(text)
    try:
        text.decode("utf-8")
        node = yaml.compose(text, Loader=loader or safe_loader())
    # Without LibYAML the parser is written in Python and recursive: deep nesting exhausts the stack.
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    if node is not None and _count_nodes(node) > _MOST_NODES:
        msg = f"its aliases stand for more than {_MOST_NODES} nodes"
        raise ValueError(msg)
    return node


def _count_nodes(root):
    """Number of nodes with each alias written out; ValueError if a node contains itself."""
    counts, waiting = {}, [root]
    while waiting:
        node = waiting[-1]
        parts = [] if isinstance(node.value, str) else _children(node)
        if id(node) not in counts:
            # Its count is not known before those of its parts are.
            counts[id(node)] = None
            unknown = [part for part in parts if counts.get(id(part), 0) in (None, 0)]
            if any(id(part) in counts for part in unknown):
                msg = "it contains itself"
                raise ValueError(msg)
            waiting += unknown
            continue
        waiting.pop()
        if counts[id(node)] is None:
            counts[id(node)] = 1 + sum(counts[id(part)] for part in parts)
    return counts[id(root)]


def _children(node):
    """Nodes directly below a node."""
    return [
        part for child in node.value for part in (child if isinstance(child, tuple) else (child,))
    ]


def load_limited(text, loader=None):
    """
    Parse a text to plain values.

    Parameters
    ----------
    text : bytes
        The text, in UTF-8.
    loader : type, optional
        Class of the loader; that of :func:`safe_loader` if not given.

    Returns
    -------
    value : object
        Mappings, lists, texts, numbers, booleans and None.

    Raises
    ------
    ValueError
        As for :func:`compose_limited`, or if the text has a tag that the loader does not know.
    """
    import yaml

    loader = loader or safe_loader()
    node = compose_limited(text, loader)
    if node is None:
        return None
    builder = loader(b"")
    try:
        return builder.construct_document(node)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    finally:
        builder.dispose()
