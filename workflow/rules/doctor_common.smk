"""What the doctor is told, and whether all products have room."""

from scripts.lib.instruments.modes import mode_of
from scripts.lib.planning.machine_needs import disk_findings, missing_bytes
from scripts.lib.references.parameters import KINDS


def configuration_of(product):
    """Configuration with the settings of the steps for one product."""
    path = product.segments[0].path
    return config | {step: references.settings(step, path) for step in KINDS}


def references_of(product):
    """Names of the reference files of a product by their kind."""
    path = product.segments[0].path
    kinds = mode_of(product.exp_type).references
    return {kind: references.find(kind, path).name for kind in kinds}


def segments_of_no_product():
    """Files of segments that can be read but belong to no product."""
    taken = {segment.path for product in products for segment in product.segments}
    return [path for path in references.observed if path not in taken]


def room_findings():
    """What the file system of the output folder lacks for the products."""
    configs = [configuration_of(product) for product in products]
    return disk_findings(missing_bytes(products, configs, "."), config["output_dir"], ".")


# A product that is asked for by its name may have room where all have not, so this stops no run.
if workflow.is_main_process and not asks_doctor():
    for lacking in room_findings():
        logger.warning(str(lacking))
