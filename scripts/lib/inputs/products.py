"""Products to make, and their segments: level-3 associations, or segments without one."""

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.lib.checks.groups import comparison_findings, group_errors, group_warnings
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.inputs.association_files import read_association
from scripts.lib.inputs.grouping import group_segments, left_out, product_key
from scripts.lib.inputs.other_stages import describe_association
from scripts.lib.inputs.product_names import ASSOCIATION
from scripts.lib.inputs.search import SUFFIXES, find_files
from scripts.lib.inputs.segments import describe_segment, open_segment

__all__ = ["Product", "survey"]


@dataclass(frozen=True, slots=True)
class Product:
    """
    Product of one association, or of one group of segments without an association.

    Attributes
    ----------
    name : str
        Name of the association's product; file names start with it.
    asn_id : str
        Association id, e.g. ``o003``.
    asn_path : str
        The association file; of a group the one that the workflow writes.
    asn_pool : str
        Name of the association pool, empty if none is named.
    segments : tuple of Segment
        Science members by exposure, segment and detector.
    findings : tuple of Finding
        Warnings and notes about the association and about its segments compared
        with each other.
    is_group : bool
        Whether the workflow has to write the association.
    """

    name: str
    asn_id: str
    asn_path: str
    asn_pool: str
    segments: tuple
    findings: tuple
    is_group: bool = False

    @property
    def asn_table(self):
        """File name of the association."""
        return Path(self.asn_path).name

    @property
    def exp_type(self):
        """Exposure type of all segments."""
        return self.segments[0].exp_type

    @property
    def first_readable_segments(self):
        """First segment of each detector, by its name, that is not compressed."""
        firsts = {}
        for segment in self.segments:
            if not segment.is_compressed:
                firsts.setdefault(segment.detector, segment)
        return firsts

    @property
    def branch(self):
        """Branch of the pipeline, ``imaging`` or ``spectroscopy``."""
        return self.segments[0].branch


def survey(patterns, base_dir, extra_check=None, output_dir=None):
    """
    Read associations and the headers of segments, whatever is wrong with them.

    Parameters
    ----------
    patterns : list of str
        Associations, segments, folders, or glob patterns of them, relative to
        ``base_dir`` or absolute.
    base_dir : str or Path
        The working directory.
    extra_check : callable, optional
        Additional check of a segment, as for
        :func:`~scripts.lib.inputs.segments.describe_segment`.
    output_dir : str, optional
        Folder of the products: segments there are left out, and the
        associations of grouped segments get paths there.

    Returns
    -------
    products : list of Product
        Those without errors: one for each association, in the
        order of the patterns, then one for each group of segments that no
        association names, by name.
    findings : list of Finding
        Everything about the patterns, the associations and the segments.
    """
    files = find_files(patterns, base_dir, output_dir)
    products, findings, named = [], list(files.findings), set()
    for path in files.associations.values():
        try:
            association = read_association(path, base_dir)
        except InputError as error:
            findings.append(Finding.from_error(path, error))
            continue
        located = {
            member: _locate(member, base_dir, files.members) for member in association.members
        }
        members = [located[member][0] for member in association.members]
        candidates = [path for paths in located.values() for path in paths]
        named.update(_real_path(base_dir, path) for path in (*candidates, *association.others))
        if wrong_type := _wrong_type(association, members):
            findings.append(wrong_type)
            continue
        product, found = _product(association, members, base_dir, extra_check)
        if ambiguous := _ambiguities(path, located, base_dir):
            product, found = None, [*found, *ambiguous]
        findings += found
        products += [product] if product else []
    segments, science, found = _loose_segments(files.segments, named, base_dir, extra_check)
    findings += found
    groups, found = _groups(segments, products, output_dir or "")
    products, findings = products + groups, findings + found
    useful = {
        files.patterns[real]
        for real in {*files.associations, *named, *science}
        if real in files.patterns
    }
    findings += [
        Finding(
            "error",
            pattern,
            key="association",
            found="no time series of science",
            expected="one or more",
        )
        for pattern in dict.fromkeys(files.patterns.values())
        if pattern not in useful
    ]
    return products, findings + _clashes(products)


def _wrong_type(association, members):
    """Report an association of another pipeline, none of whose members is a segment; else None."""
    text = describe_association(association.asn_type)
    if not text or any(member.endswith(SUFFIXES) for member in members):
        return None
    return Finding(
        "error",
        association.path,
        key="asn_type",
        found=association.asn_type,
        expected="tso3",
        effect=text,
    )


def _locate(path, base_dir, folders):
    """Paths of a member: as named, or compressed, or else all in the folders that were searched."""
    name = Path(path).name
    places = ([path], [f"{path}.gz"], folders.get(name, ()), folders.get(f"{name}.gz", ()))
    for candidates in places:
        if found := [p for p in candidates if os.path.isfile(os.path.join(base_dir, p))]:
            return found
    return [path]


def _ambiguities(path, located, base_dir):
    """Find members of an association whose name several different files have."""
    errors = []
    for member, paths in located.items():
        files = {_real_path(base_dir, file): file for file in reversed(paths)}
        if len(files) > 1:
            found = " and ".join(file for file in paths if file in files.values())
            expected = "one file of this name, or the association next to its members"
            name = Path(member).name
            errors.append(
                Finding("error", path, key=f"member {name}", found=found, expected=expected)
            )
    return errors


def _real_path(base_dir, path):
    """Real path of a file, or the path itself if no system could have such a file."""
    try:
        return os.path.realpath(os.path.join(base_dir, path))
    except ValueError:
        return path


def _loose_segments(paths, named, base_dir, extra_check):
    """Segments of science that no association names, their real paths, and findings."""
    segments, science, findings = [], [], []
    for real, path in paths.items():
        if real in named:
            continue
        if path.endswith(".gz") and real.removesuffix(".gz") in paths:
            found = f"{Path(path).name.removesuffix('.gz')} next to it"
            findings.append(Finding("note", path, key="file", found=found, effect="left out"))
            science.append(real)
            continue
        hdus, errors = open_segment(path, base_dir)
        notes = left_out(path, hdus[0].header) if hdus else []
        findings += [*errors, *notes]
        if notes:
            continue
        science.append(real)
        if not errors:
            segment, found = describe_segment(path, base_dir, hdus, extra_check=extra_check)
            findings += found
            segments += [segment] if segment else []
    return segments, science, findings


def _groups(segments, products, output_dir):
    """Products of segments that no association names, and findings."""
    taken = {product_key(product.segments[0]): product for product in products}
    groups, findings = group_segments([s for s in segments if product_key(s) not in taken])
    for segment in segments:
        if product_key(segment) in taken:
            expected = f"it among the members of {taken[product_key(segment)].asn_path}"
            findings.append(
                Finding(
                    "warning",
                    segment.path,
                    key="association",
                    found="none",
                    expected=expected,
                    effect="left out",
                )
            )
    made_products = []
    for name, members in groups.items():
        found = [finding for segment in members for finding in segment.findings]
        product, together = _assemble(
            Product(
                name=name,
                asn_id=members[0].asn_id,
                asn_path=os.path.join(output_dir, ASSOCIATION.format(product=name)),
                asn_pool="none",
                segments=tuple(members),
                findings=(),
                is_group=True,
            ),
            found,
        )
        findings += together
        made_products += [product] if product else []
    return made_products, findings


def _product(association, members, base_dir, extra_check):
    """Product of an association, None if there are errors, and findings."""
    segments, findings, dummies = [], list(association.findings), []
    for path, count in Counter(members).items():
        hdus, found = open_segment(path, base_dir, association.path)
        if hdus and hdus[0].header.get("NINTS") == 1:
            dummies.append(_dummy(path))
            continue
        segment = None
        if hdus and not found:
            segment, found = describe_segment(path, base_dir, hdus, association.asn_id, extra_check)
        findings += found
        if segment:
            segments.append(segment)
            findings += segment.findings
        if count > 1:
            found = f"{count} times in {association.path}"
            findings.append(Finding("error", path, key="member", found=found, expected="once"))
    if len(dummies) == len(set(members)):
        findings += [
            replace(dummy, severity="error", effect="not a time series") for dummy in dummies
        ]
        return None, findings
    findings += dummies
    return _assemble(
        Product(
            name=association.product,
            asn_id=association.asn_id,
            asn_path=association.path,
            asn_pool=association.asn_pool,
            segments=tuple(segments),
            findings=(*association.findings, *dummies),
        ),
        findings,
    )


def _dummy(path):
    """Warn of a member of one integration; associations of the archive before 2024 have such."""
    effect = "not a time series; left out"
    return Finding("warning", path, key="NINTS", found="1", expected="2 or more", effect=effect)


def _assemble(product, findings):
    """Sort the segments of a product and check them together; None if there are errors."""
    segments = sorted(product.segments, key=lambda segment: segment.sort_key)
    findings = [*findings, *group_errors(segments)]
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    label = product.name if product.is_group else product.asn_path
    together = [*group_warnings(label, segments), *comparison_findings(label, segments)]
    product = replace(product, segments=tuple(segments), findings=(*product.findings, *together))
    return product, findings + together


def _clashes(products):
    """Find products, or else flagged segments, that two associations would write."""
    errors, makers = [], {}
    for product in products:
        names = [product.name, *(segment.crfints for segment in product.segments)]
        # Some file systems do not tell upper case from lower case.
        taken = [name for name in names if name.casefold() in makers]
        errors += [
            Finding(
                "error",
                product.asn_path,
                key="product",
                found=f"{name}, which {makers[name.casefold()]} makes as well",
            )
            for name in (taken[:1] if product.name in taken else taken)
        ]
        new = {name.casefold() for name in names if name not in taken}
        makers |= dict.fromkeys(new, product.asn_path)
    return errors
