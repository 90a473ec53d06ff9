"""Association of the simulated members, in the archive's layout."""

import json

__all__ = ["write_association"]

_POOL_DATE = "20220713t000000"


def _association_name(options):
    """
    File name of the association.

    Parameters
    ----------
    options : VisitOptions
        The visit.

    Returns
    -------
    str
        Name.
    """
    return f"jw{options.program}-o{options.observation}_{_POOL_DATE}_tso3_00001_asn.json"


def _product_name(options, optical_path):
    """
    Name of the level-3 product: programme, candidate, target, instrument and optical path.

    Parameters
    ----------
    options : VisitOptions
        The visit.
    optical_path : str
        Instrument and optical elements.

    Returns
    -------
    str
        Name without an extension.
    """
    return f"jw{options.program}-o{options.observation}_t001_{optical_path}"


def write_association(folder, options, optical_path, members):
    """
    Write the association file.

    Parameters
    ----------
    folder : Path
        Folder of the members.
    options : VisitOptions
        The visit.
    optical_path : str
        Instrument and optical elements of the product's name.
    members : list of str
        File names in the order wanted.

    Returns
    -------
    Path
        The association.
    """
    candidate = f"o{options.observation}"
    pool = f"jw{options.program}_{_POOL_DATE}_pool"
    content = {
        "asn_type": "tso3",
        "asn_rule": "candidate_Asn_Lv3TSO",
        "version_id": _POOL_DATE,
        "code_version": "3.0.0",
        "degraded_status": "No known degraded exposures in association.",
        "program": options.program,
        "constraints": "",
        "asn_id": candidate,
        "asn_pool": f"{pool}.csv",
        "target": "t001",
        "products": [
            {
                "name": _product_name(options, optical_path),
                "members": [
                    {
                        "expname": name,
                        "exptype": "science",
                        "exposerr": "null",
                        "asn_candidate": f"[('{candidate}', 'observation')]",
                    }
                    for name in members
                ],
            }
        ],
    }
    path = folder / _association_name(options)
    path.write_text(json.dumps(content, indent=4) + "\n")
    return path
