from scripts.lib.planning import targets


def test_the_output_folder_is_left_out_of_names():
    assert targets.in_output_folder(targets.STATISTICS) == "segments/{segment}_statistics.npz"
    assert targets.in_output_folder("in/a_asn.json") == "in/a_asn.json"


def test_names_with_parts_of_their_own():
    assert targets.soss_file("model", "AtocaSpectra") == (
        "<results>/{segment}_model_AtocaSpectra.fits"
    )
    assert targets.side_product("phot") == "<results>/{segment}_phot.ecsv"
    assert targets.side_product("median") == "<results>/{segment}_median.fits"
    assert targets.plot_file("scatter") == "<results>/{product}_plots/scatter.svg"
