"""Level-3 associations: what products to make from which segments."""

import glob
import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.input_checks import group_oddities, group_problems
from scripts.lib.segments import read_segment

_NAME = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True, slots=True)
class Product:
    """
    What one association asks for.

    Attributes
    ----------
    name : str
        Name of the association's product; file names start with it.
    asn_id : str
        Association id, e.g. ``o003``.
    asn_path : str
        The association file.
    asn_pool : str
        Name of the association pool, empty if there is none.
    segments : tuple of Segment
        Science members by exposure, segment and detector.
    oddities : tuple of str
        What is unusual about the segments taken together.
    """

    name: str
    asn_id: str
    asn_path: str
    asn_pool: str
    segments: tuple
    oddities: tuple

    @property
    def asn_table(self):
        """File name of the association."""
        return Path(self.asn_path).name

    @property
    def exp_type(self):
        """Exposure type of all segments."""
        return self.segments[0].exp_type

    @property
    def branch(self):
        """Branch of the peer's pipeline, ``imaging`` or ``spectroscopy``."""
        return self.segments[0].branch


@dataclass(frozen=True, slots=True)
class Association:
    """
    Content of an association file.

    Attributes
    ----------
    path : str
        The file.
    asn_id, asn_pool, product : str
        Association id, pool (empty if there is none) and name of the product.
    members : tuple of str
        Paths of the science members.
    oddities : tuple of str
        What is unusual about the file.
    """

    path: str
    asn_id: str
    asn_pool: str
    product: str
    members: tuple
    oddities: tuple


def load_products(patterns, base_dir, further=None):
    """
    Read associations and the headers of their members.

    Parameters
    ----------
    patterns : list of str
        Association files or glob patterns, relative to ``base_dir`` or absolute.
    base_dir : str or Path
        The working directory.
    further : callable, optional
        Further check of a segment, as for
        :func:`~scripts.lib.segments.read_segment`.

    Returns
    -------
    products : list of Product
        One for each association, in the order of the patterns.

    Raises
    ------
    InputError
        If anything prevents processing; the message lists every problem of
        every association, one a line.
    """
    paths, problems = _expand(patterns, base_dir)
    products = []
    for path in paths:
        try:
            association = read_association(path, base_dir)
        except InputError as error:
            problems.append(str(error))
            continue
        product, found = _product(association, base_dir, further)
        problems += found
        products += [product] if product else []
    problems += _clashes(products)
    if problems:
        raise InputError("\n".join(dict.fromkeys(problems)))
    return products


def _expand(patterns, base_dir):
    """Association files that the patterns stand for, each once, and patterns without a file."""
    found, problems = {}, []
    for pattern in patterns:
        matches = sorted(glob.glob(pattern, root_dir=base_dir, recursive=True))
        if not matches:
            problems.append(f"{pattern}: association: found no such file, expected one or more")
        for match in matches:
            found.setdefault(os.path.realpath(Path(base_dir, match)), os.path.normpath(match))
    return list(found.values()), problems


def read_association(path, base_dir):
    """
    Read one association file.

    Parameters
    ----------
    path : str
        The file, absolute or relative to ``base_dir``.
    base_dir : str or Path
        The working directory.

    Returns
    -------
    association : Association
        Only the first product counts, as in the peer; the members' paths
        start where the association file is, unless absolute.

    Raises
    ------
    InputError
        If the file is no association, or has no product or science member.
    """
    try:
        content = json.loads(Path(base_dir, path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: association: cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except ValueError as error:
        msg = f"{path}: association: found no JSON ({error}), expected an association"
        raise InputError(msg) from error
    product = _first_product(path, content)
    names = {"asn_id": content.get("asn_id"), "products/name": product.get("name")}
    for key, name in names.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            msg = f"{path}: {key}: found {name!r}, expected a name without blanks and slashes"
            raise InputError(msg)
    oddities = [f"products: found {len(content['products'])}, expected one: the first counts"]
    return Association(
        path=path,
        asn_id=content["asn_id"],
        asn_pool=content.get("asn_pool") or "",
        product=product["name"],
        members=tuple(_science_members(path, product)),
        oddities=tuple(oddities if len(content["products"]) > 1 else ()),
    )


def _first_product(path, content):
    """Return the first product of an association's content."""
    products = content.get("products") if isinstance(content, dict) else None
    if not isinstance(products, list) or not products or not isinstance(products[0], dict):
        msg = f"{path}: products: found none, expected the product of an association"
        raise InputError(msg)
    return products[0]


def _science_members(path, product):
    """Yield the paths of the members that are science data."""
    members = product.get("members")
    members = members if isinstance(members, list) else []
    fields = [
        (m.get("expname"), m.get("exptype")) if isinstance(m, dict) else (m, None) for m in members
    ]
    unusable = [field for field in fields if not all(isinstance(text, str) for text in field)]
    if unusable:
        msg = f"{path}: members: found {unusable[0]}, expected an expname and an exptype"
        raise InputError(msg)
    science = [expname for expname, exptype in fields if exptype.lower() == "science"]
    if not science:
        msg = f"{path}: members: found none of exptype science, expected one or more"
        raise InputError(msg)
    return [os.path.normpath(Path(path).parent / expname) for expname in science]


def _product(association, base_dir, further):
    """Describe the product of an association, or tell what prevents it."""
    segments, problems = [], []
    for path, count in Counter(association.members).items():
        segment, found = read_segment(path, base_dir, association.asn_id, further)
        problems += found
        segments += [segment] if segment else []
        if count > 1:
            problems.append(
                f"{path}: member: found {count} times in {association.path}, expected once"
            )
    segments.sort(key=lambda segment: segment.place)
    problems += group_problems(segments)
    if problems:
        return None, problems
    product = Product(
        name=association.product,
        asn_id=association.asn_id,
        asn_path=association.path,
        asn_pool=association.asn_pool,
        segments=tuple(segments),
        oddities=(*association.oddities, *group_oddities(segments)),
    )
    return product, []


def _clashes(products):
    """Find products that two associations would write, or else segments that they would."""
    problems, makers = [], {}
    for product in products:
        names = [product.name, *(segment.crfints for segment in product.segments)]
        taken = [name for name in names if name in makers]
        problems += [
            f"{product.asn_path}: product: found {name}, which {makers[name]} makes as well"
            for name in (taken[:1] if product.name in makers else taken)
        ]
        makers |= dict.fromkeys(set(names) - set(taken), product.asn_path)
    return problems


def oddity_lines(products):
    """
    Sum up the oddities of all products for the user.

    Parameters
    ----------
    products : list of Product
        What the workflow is to make.

    Returns
    -------
    lines : list of str
        One line for each oddity of a product, and one for each keyword that
        is odd in segments, with the first file and the number of others.
    """
    lines = []
    for product in products:
        lines += [f"{product.asn_path}: {oddity}" for oddity in product.oddities]
        odd = {}
        for segment in product.segments:
            for oddity in segment.oddities:
                odd.setdefault(oddity.partition(":")[0], []).append(f"{segment.path}: {oddity}")
        lines += [
            found[0] + (f" (and {len(found) - 1} more)" if found[1:] else "")
            for found in odd.values()
        ]
    return lines
