"""A miniature local cache of CRDS: mappings in the real format, and the files that they name."""

from hashlib import sha1
from pathlib import Path
from pprint import pformat

DATE = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")
SUFFIXES = {"extract1d": ".json", "pastasoss": ".asdf", "wavelengthrange": ".asdf"}


def write_context(folder, number, rules):
    """
    Write a context with all its mappings, as a synchronised cache holds them.

    Parameters
    ----------
    folder : Path
        The cache, to be named by ``CRDS_PATH``.
    number : int
        Number of the context and of all its mappings.
    rules : dict of str to dict
        For each instrument, in lower case, and kind of reference: the keys of
        the selection (``META...``, without those of the date) and a dict from
        a tuple of their values to the name of a file or ``N/A``.

    Returns
    -------
    context : str
        Its name, ``jwst_NNNN.pmap``.
    """
    mappings = folder / "mappings" / "jwst"
    mappings.mkdir(parents=True, exist_ok=True)
    instruments = {}
    for instrument, kinds in rules.items():
        names = {}
        for kind, (keys, files) in kinds.items():
            names[kind] = f"jwst_{instrument}_{kind}_{number:04d}.rmap"
            (mappings / names[kind]).write_text(_rmap(names[kind], instrument, kind, keys, files))
        instruments[instrument] = f"jwst_{instrument}_{number:04d}.imap"
        header = {"instrument": instrument.upper(), "mapping": "INSTRUMENT"}
        text = _mapping(instruments[instrument], header, ("REFTYPE",), pformat(names))
        (mappings / instruments[instrument]).write_text(text)
    context = f"jwst_{number:04d}.pmap"
    upper = pformat({name.upper(): file for name, file in instruments.items()})
    text = _mapping(context, {"mapping": "PIPELINE"}, ("META.INSTRUMENT.NAME",), upper)
    (mappings / context).write_text(text)
    return context


def _rmap(name, instrument, kind, keys, files):
    """Text of the rules of one kind of reference of one instrument."""
    cases = ""
    for values, file in files.items():
        case = repr(values if len(values) > 1 else values[0])
        since = f"UseAfter({{\n        '2020-01-01 00:00:00' : {file!r},\n    }})"
        cases += f"    {case} : {since if file != 'N/A' else repr(file)},\n"
    header = {
        "classes": ("Match", "UseAfter"),
        "file_ext": ".asdf" if kind.startswith("pars-") else SUFFIXES.get(kind, ".fits"),
        "filekind": kind,
        "filetype": kind,
        "instrument": instrument.upper(),
        "mapping": "REFERENCE",
        "suffix": kind,
        "text_descr": kind,
    }
    return _mapping(name, header, (tuple(keys), DATE), f"Match({{\n{cases}}})")


def _mapping(name, header, parkey, selector):
    """Text of a mapping, with the checksum that CRDS verifies."""
    common = {"derived_from": "made by hand", "name": name, "observatory": "JWST", "parkey": parkey}
    entries = "".join(f"    {key!r} : {value!r},\n" for key, value in (header | common).items())
    tail = f"}}\n\nselector = {selector}\n"
    digest = sha1(f"header = {{\n{entries}{tail}".encode()).hexdigest()
    return f"header = {{\n{entries}    'sha1sum' : '{digest}',\n{tail}"


def reference_path(folder, name):
    """Path of a reference file in the cache, whose folder is made."""
    path = Path(folder, "references", "jwst", name.split("_")[1], name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_parameters(path, step, parameters):
    """
    Write a parameter reference file, as ``Step.export_config`` of jwst does.

    Parameters
    ----------
    path : Path
        The file.
    step : str
        Class of the step, for example ``OutlierDetectionStep``.
    parameters : dict
        Its parameters.
    """
    lines = "".join(f"  {name}: {_yaml(value)}\n" for name, value in parameters.items())
    path.write_text(
        "#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n"
        "--- !core/asdf-1.1.0\n"
        "asdf_library: !core/software-1.0.0 {author: The ASDF Developers, name: asdf, version: 5.4.0}\n"
        "history:\n  extensions:\n  - !core/extension_metadata-1.0.0\n"
        "    extension_class: asdf.extension._manifest.ManifestExtension\n"
        "    software: !core/software-1.0.0 {name: asdf_standard, version: 1.5.0}\n"
        f"class: jwst.{step}\nname: {step}\nparameters:\n{lines}...\n"
    )


def _yaml(value):
    """Text of a simple value in YAML."""
    return {None: "null", True: "true", False: "false"}.get(value, value)
