"""
Checks of the world coordinates in the ASDF extension of a segment.

Only the bytes and the tree are examined, without the packages that build the
coordinates.
"""

from scripts.lib.files import asdf_tree
from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of
from scripts.lib.segment_data.wcs_numbers import wrong_number

__all__ = ["content_findings", "extension_findings", "needs_wcs", "unreadable_coordinates"]


def needs_wcs(exp_type, skips):
    """
    Return whether a step needs the world coordinates of a segment.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    skips : callable
        Takes a section of the configuration and returns whether its step is
        skipped.

    Returns
    -------
    needed : bool
        False for NIRISS SOSS, whose wavelengths come from references, and
        where the step is skipped.
    """
    mode = mode_of(exp_type)
    return not mode.is_soss and not skips(mode.settings)


def extension_findings(path, hdus, needed):
    """
    Check that a segment has the extension with the world coordinates.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.
    needed : bool
        Whether a step needs them.

    Returns
    -------
    findings : list of Finding
        An error if the extension is needed and missing.
    """
    if not needed or any(hdu.name == "ASDF" and hdu.data_bytes for hdu in hdus):
        return []
    return [
        Finding(
            "error", path, key="ASDF", found="none", expected="the world coordinates of assign_wcs"
        )
    ]


def content_findings(path, content, needed):
    """
    Check that an ASDF extension is intact and has world coordinates.

    Parameters
    ----------
    path : str
        The file, for the messages.
    content : bytes
        Data of the extension.
    needed : bool
        Whether a step needs the world coordinates.

    Returns
    -------
    findings : list of Finding
        At most one: an error if they are needed, else a warning.

    References
    ----------
    ASDF Standard 1.6, low-level file layout.
    """
    found = _damage(content)
    if found is None:
        return []
    return [unreadable_coordinates(path, found, needed)]


def unreadable_coordinates(path, found, needed):
    """
    Report world coordinates that cannot be read.

    Parameters
    ----------
    path : str
        The file.
    found : str
        What is wrong with them.
    needed : bool
        Whether a step needs them.

    Returns
    -------
    finding : Finding
        An error if they are needed, else a warning.
    """
    effect = "" if needed else "no step needs them"
    severity = "error" if needed else "warning"
    return Finding(
        severity,
        path,
        key="ASDF",
        found=found,
        expected="readable world coordinates (meta.wcs)",
        effect=effect,
    )


def _damage(content):
    """Describe the first defect of an ASDF file; None if it is intact."""
    if not content.startswith(b"#ASDF "):
        return f"no ASDF file: it starts with {content[:8]!r}"
    tree, position = asdf_tree.split(content)
    if not tree:
        return "an ASDF file without a complete tree"
    try:
        n_blocks = _count_blocks(content, position)
    except ValueError as error:
        return str(error)
    return _tree_damage(tree, n_blocks)


def _count_blocks(content, position):
    """Count the binary blocks after the tree; ValueError if one is damaged."""
    count = 0
    for block in asdf_tree.blocks(content, position):
        is_known = block.checksum.strip(b"\0") and not block.compression.strip(b"\0")
        if is_known and block.checksum != asdf_tree.checksum(block.data):
            msg = f"binary block {count} with a checksum that does not fit"
            raise ValueError(msg)
        count += 1
    return count


def _tree_damage(text, n_blocks):
    """Describe a defect of the tree: no YAML, no coordinates, arrays without their block."""
    try:
        tree = asdf_tree.compose(text)
    except ValueError as error:
        return f"a tree that is no YAML ({str(error).splitlines()[0]})"
    coordinates = asdf_tree.entry(tree, "meta", "wcs")
    if coordinates is None or isinstance(coordinates.value, str):
        return "an ASDF file without meta.wcs"
    if wrong := wrong_number(coordinates):
        return f"{wrong} in a transform"
    sources = asdf_tree.array_sources(coordinates)
    lost = [int(source) for source in sources if source.isdecimal() and int(source) >= n_blocks]
    if lost:
        return f"arrays in binary block {lost[0]} of {n_blocks} blocks"
    return None
